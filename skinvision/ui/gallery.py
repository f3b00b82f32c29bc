"""The results: all pictures of the session below each other, each drawn as soon as it is ready."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from skinvision.ui import controls, models, progress, result, session
from skinvision.ui.controls import Settings
from skinvision.ui.session import Upload, key

_PER_PAGE = 12


def show() -> None:
    """Controls, then the results. New pictures are analysed from first to last; finished ones are there at once.

    Raises:
        UnknownName, WeightsRejected: the models' files are missing or were changed.
    """
    settings = controls.show()
    status = progress.line()
    uploads = list(session.uploads().values())
    places = _places(uploads)
    for upload in uploads:
        if upload.sha256 in places:
            _fill(places[upload.sha256], upload, settings)
        else:
            upload.drawn.clear()
    _finish(uploads, places, settings, status)
    status.markdown(_summary(uploads))


def _places(uploads: Sequence[Upload]) -> dict[str, DeltaGenerator]:
    """A place for each picture on the open page, by its SHA-256."""
    page = st.empty()
    first = 0
    if len(uploads) > _PER_PAGE:
        pages = -(-len(uploads) // _PER_PAGE)
        first = _PER_PAGE * (page.pagination(pages, key=key("page"), persist_state="session") - 1)
    return {upload.sha256: st.empty() for upload in uploads[first : first + _PER_PAGE]}


def _fill(place: DeltaGenerator, upload: Upload, settings: Settings) -> None:
    drawn = result.draw(upload, settings)  # before the place is emptied, so that nothing flickers
    with place.container(border=True):
        result.show(upload, drawn)


def _finish(
    uploads: Sequence[Upload], places: dict[str, DeltaGenerator], settings: Settings, status: DeltaGenerator
) -> None:
    """Do what is not done yet, and say how far it is."""
    pending = [upload for upload in uploads if not upload.is_done(settings.wanted)]
    if not pending:
        return
    progress.tell(status, "Analysing", 0, len(pending))
    from skinvision.ui import work  # torch takes seconds to import; placeholders are on the screen by now

    analyser = models.analyser(settings.wanted.segmenter, settings.wanted.classifier)
    for done, upload in enumerate(work.finish(pending, analyser, settings.wanted), 1):
        progress.tell(status, "Analysing", done, len(pending))
        if upload.sha256 in places:
            _fill(places[upload.sha256], upload, settings)


def _summary(uploads: Sequence[Upload]) -> str:
    refused = sum(bool(upload.reason) for upload in uploads)
    good = len(uploads) - refused
    analysed = f"**{good}** picture{'' if good == 1 else 's'} analysed"
    return f"{analysed}, **{refused}** could not be" if refused else analysed
