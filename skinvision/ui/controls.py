"""Settings that several pages share. They apply to all pictures, and survive going to another page and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from skinvision.card import Modality, ModelCard
from skinvision.render import words
from skinvision.ui import models
from skinvision.ui.session import Wanted, key

_PREDICTED = ""
_KINDS: dict[Modality, str] = {"dermoscopy": "Dermoscopy", "photograph": "Clinical photo"}
_KIND_HELP = (
    "Dermoscopy is taken through a dermatoscope, with the lesion filling the frame; a clinical photo by an ordinary "
    "camera. Each has classifiers of its own, which know nothing of the other; outlines always come from networks that "
    "learnt from dermoscopy."
)
_TARGET_HELP = "The heatmap shows where the evidence for this class lies."
_STAGE_HELP = (
    "A network looks in stages. The early ones see edges and colours in fine detail, the last one whole structures, "
    "coarsely. The diagnosis is made from the last one."
)
_THRESHOLD_HELP = "A pixel belongs to the lesion where the segmenter is at least this sure."


@dataclass(frozen=True, slots=True)
class Settings:
    """What is to be shown.

    Attributes:
        wanted: by which models, at which stage.
        target: the class to explain; None for the predicted one of each picture.
        opacity: of tint and heatmap, in [0, 1].
        threshold: of the mask, in (0, 1).
    """

    wanted: Wanted
    target: str | None
    opacity: float
    threshold: float


def show() -> Settings:
    """The row of controls, and what they say."""
    kind = _kind()
    with st.container(key="controls"):
        row = st.grid(5, min_column_width=150, vertical_alignment="bottom")
    target_cell, stage_cell, opacity_cell, threshold_cell, models_cell = (row.cell() for _ in range(5))
    with models_cell:  # the other controls depend on the models
        segmenter, classifier = _models(kind)
    with target_cell:
        target = chosen_target(classifier)
    with stage_cell:
        stage = chosen_stage(classifier)
    with opacity_cell:
        opacity = _percent("Overlay opacity", "opacity", 60, (0, 100))
    with threshold_cell:
        default = round(100 * (segmenter.threshold or 0.5))
        threshold = _percent("Mask threshold", f"threshold_{segmenter.name}", default, (5, 95), _THRESHOLD_HELP)
    return Settings(Wanted(segmenter.name, classifier.name, stage), target, opacity, threshold)


def told_kind() -> Modality:
    """What kind of pictures these are, as the visitor said on the Analyse page; dermoscopy until then."""
    told: Modality = st.session_state.get(key("kind"), "dermoscopy")
    return told


def _kind() -> Modality:
    """What kind of pictures these are; asked only where there are models for more than one."""
    known = {models.card(name).modality for name in models.names("classification")}
    kinds = [kind for kind in _KINDS if kind in known]
    if len(kinds) == 1:
        return kinds[0]
    return st.segmented_control(
        "What kind of pictures are these?",
        kinds,
        format_func=_KINDS.__getitem__,
        default=kinds[0],
        required=True,
        help=_KIND_HELP,
        key=key("kind"),
        persist_state="session",
    )


def _models(kind: Modality) -> tuple[ModelCard, ModelCard]:
    with st.popover("Models", icon=":material/network_node:", width="stretch"):
        segmenter = st.selectbox(
            "Finds the lesion",
            models.names("segmentation"),
            format_func=models.title,
            key=key("segmenter"),
            persist_state="session",
        )
        classifier = st.selectbox(
            "Names the disease",
            [name for name in models.names("classification") if models.card(name).modality == kind],
            format_func=models.title,
            key=key(f"classifier_{kind}"),
            persist_state="session",
        )
        st.page_link("pages/evidence.py", label="How good are they?", icon=":material/query_stats:")
    return models.card(segmenter), models.card(classifier)


def chosen_target(classifier: ModelCard) -> str | None:
    """The class to explain; None for the predicted one."""
    chosen = st.selectbox(
        "Class to explain",
        (_PREDICTED, *classifier.labels),
        format_func=lambda label: classifier.title_of(label) if label else "The predicted one",
        help=_TARGET_HELP,
        key=key(f"target_{classifier.name}"),
        persist_state="session",
    )
    return chosen or None


def chosen_view(page: str, titles: Sequence[str]) -> str:
    """Which of a page's views is shown; the first until another is chosen."""
    return st.segmented_control(
        "View",
        titles,
        default=titles[0],
        required=True,
        key=key(f"{page}_view"),
        persist_state="session",
        label_visibility="collapsed",
    )


def chosen_stage(classifier: ModelCard, label: str = "Stage of the network", first: int = -1) -> str:
    """The stage at which maps are made; that at place ``first`` until another is chosen."""
    return st.selectbox(
        label,
        classifier.stages[::-1],
        index=classifier.stages[::-1].index(classifier.stages[first]),
        format_func=lambda stage: words.stage_title(stage, classifier.stages),
        help=_STAGE_HELP,
        key=key(f"stage_{classifier.name}"),
        persist_state="session",
    )


def _percent(label: str, name: str, default: int, ends: tuple[int, int], explanation: str | None = None) -> float:
    """A slider in steps of 5 %; what it says as a share."""
    low, high = ends
    chosen = st.slider(
        label, low, high, default, 5, format="%d %%", help=explanation, key=key(name), persist_state="session"
    )
    return chosen / 100
