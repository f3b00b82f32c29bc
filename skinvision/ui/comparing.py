"""One picture by several networks: what is known already is shown at once, and the rest when it is there."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from skinvision.ui import choice, outlines, progress, verdicts
from skinvision.ui.choice import Choice
from skinvision.ui.result import header
from skinvision.ui.session import literal


def show() -> None:
    """Controls and results.

    Raises:
        UnknownName, WeightsRejected: the models' files are missing or were changed.
    """
    chosen = choice.show()
    status = progress.line()
    place = st.empty()
    _fill(place, chosen)
    if not chosen.is_done:
        _finish(chosen, status)
        _fill(place, chosen)
    status.markdown(_summary(chosen))


def _fill(place: DeltaGenerator, chosen: Choice) -> None:
    verdict, outlined = verdicts.draw(chosen), outlines.draw(chosen)  # before the place is emptied: nothing flickers
    with place.container(border=True):
        header(chosen.upload)
        if chosen.upload.reason:
            st.error(f"Not compared: {literal(chosen.upload.reason)}.", icon=":material/image_not_supported:")
        else:
            verdicts.show(chosen, verdict)
            outlines.show(chosen, outlined)


def _finish(chosen: Choice, status: DeltaGenerator) -> None:
    steps = progress.Steps(status, "Comparing", chosen.steps)
    steps.tell()
    from skinvision.ui import work  # torch takes seconds to import; placeholders are on the screen by now

    with work.waiting([chosen.upload], steps.tell):
        for _ in work.compare(chosen.upload, chosen.wanted, chosen.segmenters):
            steps.step()


def _summary(chosen: Choice) -> str:
    if chosen.upload.reason:
        return "The picture could not be compared"
    classifiers, segmenters = len(chosen.wanted), len(chosen.segmenters)
    return f"Compared: **{classifiers}** network{_s(classifiers)}, **{segmenters}** outline{_s(segmenters)}"


def _s(count: int) -> str:
    return "" if count == 1 else "s"
