"""A model's card in short, behind its name."""

from __future__ import annotations

import html

import streamlit as st

from skinvision.card import ModelCard
from skinvision.reports import ClassificationReport, SegmentationReport
from skinvision.ui import models
from skinvision.ui.session import literal

_SEEN = {"whole": "the whole picture", "box": "the box around the lesion", "lesion": "the lesion alone"}
_LOOKS = ", as it is and turned by 180°"
_LIMITS = 3
_PATCH = '<div style="width: 1rem; height: 1rem; border-radius: 0.2rem; background: {}" aria-hidden="true"></div>'


def name_plate(name: str, colour: str) -> None:
    """What the model ``name`` is called, beside a patch of its ``colour`` in CSS; a click opens its card."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.html(_PATCH.format(html.escape(colour)), width="content")
        with st.popover(f"**{literal(models.title(name))}**", type="tertiary"):
            _card(name)


def patch(title: str, colour: str) -> None:
    """A ``title`` beside a patch of its ``colour`` in CSS."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.html(_PATCH.format(html.escape(colour)), width="content")
        st.markdown(f"**{literal(title)}**")


def _card(name: str) -> None:
    card = models.card(name)
    st.markdown(f"**{literal(models.title(name))}**")
    st.markdown("\n".join(f"- {line}" for line in (_network(card), sees(card), _figures(card), _licence(card))))
    if card.limits:
        st.markdown("What it cannot do:\n\n" + "\n".join(f"- {literal(line)}" for line in card.limits[:_LIMITS]))
    st.page_link("pages/evidence.py", label="All that its card says", icon=":material/query_stats:")


def _network(card: ModelCard) -> str:
    return f"{literal(card.architecture.encoder)}, {card.parameters / 1e6:.1f} million parameters"


def sees(card: ModelCard) -> str:
    """What of a picture the network is shown, how large and how often."""
    height, width = card.input_size
    return f"sees {_SEEN[card.region]} at {width} × {height} px{_LOOKS * (card.looks == 2)}"


def _figures(card: ModelCard) -> str:
    """What it is worth on pictures that took no part in its making."""
    if isinstance(card.test, ClassificationReport):
        low, high = card.test.balanced_accuracy_interval
        figure = f"balanced accuracy **{card.test.balanced_accuracy:.3f}** (95 %: {low:.3f} to {high:.3f})"
    elif isinstance(card.test, SegmentationReport):
        figure = f"Dice **{card.test.dice:.3f}**"
    else:
        return "no held-out figures: nobody knows how good it is"
    return f"{figure} on {card.test.n} held-out pictures"


def _licence(card: ModelCard) -> str:
    return f"weights under {literal(card.weights_licence)}"
