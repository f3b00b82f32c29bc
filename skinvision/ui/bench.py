"""A page on which one picture is looked into: controls, one of several views, and the analysis that all need."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from skinvision.render import words
from skinvision.types import LesionMask
from skinvision.ui import controls, models, progress, subject
from skinvision.ui.result import header
from skinvision.ui.session import literal
from skinvision.ui.subject import Subject

_FOUND = " with the outline that was found"
_WAITING_PX = 900  # about the height of what is to come, so that the page does not jump


def show(name: str, views: Mapping[str, Callable[[Subject], None]], *, by_hand: bool = False) -> None:
    """Controls and the chosen view.

    Args:
        name: of the page, for its widgets.
        views: by what they are called.
        by_hand: whether they go by the visitor's own outline where there is one.

    Raises:
        UnknownName, WeightsRejected: the models' files are missing or were changed.
    """
    about = subject.show()
    status = progress.line()
    view = controls.chosen_view(name, list(views)) if len(views) > 1 else next(iter(views))
    place = st.empty()
    if not about.upload.is_done(about.wanted):
        place.skeleton(_WAITING_PX)
        _analyse(about, progress.Steps(status, "Analysing", 1))
    with place.container(border=True):
        header(about.upload)
        if about.upload.reason:
            status.empty()
            st.error(f"Not analysed: {literal(about.upload.reason)}.", icon=":material/image_not_supported:")
        else:
            own = about.upload.outline if by_hand else None
            status.markdown(_summary(about, own))
            _warn(about, own)
            views[view](about)


def _analyse(about: Subject, steps: progress.Steps) -> None:
    steps.tell()
    from skinvision.ui import work  # torch takes seconds to import; placeholders are on the screen by now

    analyser = models.analyser(about.wanted.segmenter, about.wanted.classifier)
    with work.waiting([about.upload], steps.tell):
        for _ in work.finish([about.upload], analyser, about.wanted):
            steps.step()


def _warn(about: Subject, own: LesionMask | None) -> None:
    """That the picture is strange to the network, and what the outline is worth, as on the Analyse page.

    Args:
        own: the visitor's outline, where there is one and it counts.
    """
    analysis = about.upload.analyses[about.wanted]
    if warning := words.outlier_warning(analysis.prediction, about.card):
        st.warning(literal(warning), icon=":material/warning:")
    if notice := words.outline_notice(own or analysis.mask, about.card):
        st.caption(literal(notice))


def _summary(about: Subject, own: LesionMask | None) -> str:
    """What the network says; where another outline counts, with what outline it says so."""
    analysis, card = about.upload.analyses[about.wanted], about.card
    top = analysis.prediction.top
    said = f"{literal(models.title(card.name))} says **{literal(card.title_of(top))}**{_FOUND if own else ''}"
    if about.target == top:
        return said
    return f"{said}; explained: **{literal(card.title_of(about.target))}**"
