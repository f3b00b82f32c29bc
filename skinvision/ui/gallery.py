"""The results: all pictures of the session below each other, each drawn as soon as it is ready."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from skinvision.errors import Busy
from skinvision.ui import controls, frame, models, progress, result, session
from skinvision.ui.controls import Settings
from skinvision.ui.session import Upload, key

_PER_PAGE = 12
_ONWARD = (
    ("compare", "Compare networks", "compare"),
    ("explain", "Look inside one picture", "biotech"),
    ("believe", "Put a heatmap to the test", "gavel"),
    ("shortcuts", "Look for shortcuts", "alt_route"),
)


def show() -> None:
    """Controls, then the results. New pictures are analysed from first to last; finished ones are there at once.

    Raises:
        UnknownName, WeightsRejected: the models' files are missing or were changed.
    """
    settings = controls.show()
    status = progress.line()
    uploads = list(session.uploads().values())
    places = _places(uploads)
    _onward()
    for upload in uploads:
        if not _fill(places, upload, settings):
            upload.drawn.clear()
    try:
        _finish(uploads, places, settings, status)
        _sum_up(uploads, settings, status)
    except Busy:
        pending = _pending(uploads, settings)
        session.hold((upload.sha256 for upload in pending), settings.wanted)
        for upload in pending:
            _fill(places, upload, settings)
        _sum_up(uploads, settings, status, frame.BUSY)


def _places(uploads: Sequence[Upload]) -> dict[str, DeltaGenerator]:
    """A place for each picture on the open page, by its SHA-256."""
    page = st.empty()
    first = 0
    if len(uploads) > _PER_PAGE:
        pages = -(-len(uploads) // _PER_PAGE)
        first = _PER_PAGE * (page.pagination(pages, key=key("page"), persist_state="session") - 1)
    return {upload.sha256: st.empty() for upload in uploads[first : first + _PER_PAGE]}


def _onward() -> None:
    """Ways to the pages that look closer, which a small screen hides behind a sign."""
    st.markdown("**Look closer**")
    with st.container(horizontal=True):
        for page, label, icon in _ONWARD:
            st.page_link(f"pages/{page}.py", label=label, icon=f":material/{icon}:")


def _fill(places: dict[str, DeltaGenerator], upload: Upload, settings: Settings) -> bool:
    """Show what is known of a picture, if it has a place on the open page; whether it has."""
    if upload.sha256 not in places:
        return False
    drawn = result.draw(upload, settings)  # before the place is emptied, so that nothing flickers
    with places[upload.sha256].container(border=True):
        result.show(upload, drawn)
    return True


def _finish(
    uploads: Sequence[Upload], places: dict[str, DeltaGenerator], settings: Settings, status: DeltaGenerator
) -> None:
    """Do what is not done yet, and say how far it is.

    Raises:
        Busy: so many others wait that the rest has to.
    """
    for upload in uploads:
        upload.cancel(but=settings.wanted)
    pending = _pending(uploads, settings)
    if not pending:
        return
    steps = progress.Steps(_stoppable(status, pending, settings), "Analysing", len(pending))
    steps.tell()
    from skinvision.ui import work  # torch takes seconds to import; placeholders are on the screen by now

    analyser = models.analyser(settings.wanted.segmenter, settings.wanted.classifier)
    with work.waiting(pending, steps.tell):
        for upload in work.finish(pending, analyser, settings.wanted):
            steps.step()
            _fill(places, upload, settings)


def _pending(uploads: Sequence[Upload], settings: Settings) -> list[Upload]:
    return [upload for upload in uploads if not (upload.is_done(settings.wanted) or upload.held)]


def _stoppable(status: DeltaGenerator, pending: Sequence[Upload], settings: Settings) -> DeltaGenerator:
    """The place for a bar, beside a button that has the rest wait."""
    with status.container(horizontal=True, vertical_alignment="center"):
        bar = st.container(width="stretch").empty()
        names = tuple(upload.sha256 for upload in pending)
        st.button("Stop", icon=":material/stop_circle:", on_click=session.hold, args=(names, settings.wanted))
    return bar


def _sum_up(uploads: Sequence[Upload], settings: Settings, status: DeltaGenerator, why: str = "") -> None:
    """What came of all, and a button to go on where some wait, with the reason ``why``."""
    held = sum(upload.held and not upload.is_done(settings.wanted) for upload in uploads)
    if not held:
        status.markdown(_summary(uploads))
        return
    with status.container(horizontal=True, vertical_alignment="center"):
        done = [upload for upload in uploads if upload.is_done(settings.wanted)]
        st.markdown(f"{_summary(done)}, **{held}** not yet. {why}")
        st.button("Go on", icon=":material/play_circle:", on_click=session.release)


def _summary(uploads: Sequence[Upload]) -> str:
    refused = sum(bool(upload.reason) for upload in uploads)
    good = len(uploads) - refused
    analysed = f"**{good}** picture{'' if good == 1 else 's'} analysed"
    return f"{analysed}, **{refused}** could not be" if refused else analysed
