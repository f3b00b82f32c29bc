"""The Explain page below its ways in: controls, one of three views, and the work that they need."""

from __future__ import annotations

import streamlit as st

from skinvision.ui import channel_view, method_view, models, progress, stage_view, subject
from skinvision.ui.result import header
from skinvision.ui.session import key, literal
from skinvision.ui.subject import Subject

_VIEWS = {
    "Methods": method_view.show,
    "Through the network": stage_view.show,
    "How a Grad-CAM is made": channel_view.show,
}
_WAITING_PX = 900  # about the height of what is to come, so that the page does not jump


def show() -> None:
    """Controls and the chosen view.

    Raises:
        UnknownName, WeightsRejected: the models' files are missing or were changed.
    """
    about = subject.show()
    status = progress.line()
    view = st.segmented_control(
        "View",
        list(_VIEWS),
        default=next(iter(_VIEWS)),
        required=True,
        key=key("explain_view"),
        persist_state="session",
        label_visibility="collapsed",
    )
    place = st.empty()
    if not about.upload.is_done(about.wanted):
        place.skeleton(_WAITING_PX)
        progress.tell(status, "Analysing", 0, 1)
        _analyse(about)
    with place.container(border=True):
        header(about.upload)
        if about.upload.reason:
            st.error(f"Not explained: {literal(about.upload.reason)}.", icon=":material/image_not_supported:")
        else:
            status.markdown(_summary(about))
            _VIEWS[view](about)


def _analyse(about: Subject) -> None:
    from skinvision.ui import work  # torch takes seconds to import; placeholders are on the screen by now

    analyser = models.analyser(about.wanted.segmenter, about.wanted.classifier)
    for _ in work.finish([about.upload], analyser, about.wanted):
        pass


def _summary(about: Subject) -> str:
    analysis, card = about.upload.analyses[about.wanted], about.card
    top = analysis.prediction.top
    said = f"{literal(models.title(card.name))} says **{literal(card.title_of(top))}**"
    if about.target == top:
        return said
    return f"{said}; explained: **{literal(card.title_of(about.target))}**"
