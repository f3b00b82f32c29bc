"""Two questions put to one network: what the outline is worth to a classifier, and what a leak adds to its figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import streamlit as st

from skinvision.card import ModelCard
from skinvision.render.interval_charts import study_chart
from skinvision.render.study import REGIONS, SPLITS, Row, interval, rows, worth_of_regions, worth_of_the_leak
from skinvision.ui.session import literal


def show(cards: Sequence[ModelCard]) -> None:
    """Table, chart and conclusion of each question whose runs are all there."""
    st.caption(_READING)
    _question("Does it help to cut the lesion out?", _REGIONS, cards, REGIONS, worth_of_regions)
    _question("What does a leak add?", _LEAK, cards, SPLITS, worth_of_the_leak)
    with st.expander("How these networks were trained"):
        for card in cards:
            st.markdown(f"**{literal(card.name)}**: {literal(card.recipe)}")


def _question(
    title: str,
    reading: str,
    cards: Sequence[ModelCard],
    titles: Mapping[str, str],
    conclusion: Callable[[Sequence[Row]], str],
) -> None:
    found = rows(cards, titles)
    if not found:
        return
    st.header(title, anchor=False)
    st.markdown(reading)
    st.table(_table(found))
    st.plotly_chart(study_chart(found), config={"displayModeBar": False}, alt=f"{title} {conclusion(found)}")
    st.markdown(f"**{conclusion(found)}**")


def _table(found: Sequence[Row]) -> pd.DataFrame:
    figures = {
        "Balanced accuracy, test": [interval(row.test) for row in found],
        "Balanced accuracy, validation": [interval(row.val) for row in found],
        "Accuracy, test": [interval(row.accuracy) for row in found],
        "Macro AUC, test": [f"{row.macro_auc:.3f}" for row in found],
    }
    return pd.DataFrame(figures, pd.Index([row.title for row in found], name="What it saw"))


_READING = (
    "The same ResNet50, trained in the same short way each time, so that nothing but the question differs. In "
    "brackets: 95 % intervals. The networks are not kept; they are weaker than the models of the other views."
)
_REGIONS = (
    "Student systems often cut the lesion out before they classify it, and say that this helps. Here the network sees "
    "whole pictures, or the box around the lesion that our UNet finds, or in that box the lesion alone, with "
    "everything else painted over. It is trained and tested on the same kind."
)
_LEAK = (
    "Many pictures show the same lesion twice. Split by lesion, no test picture shows one that the network has learnt; "
    "split by image, many do. Two published student systems report accuracies of 0.927 and 0.99, and neither says how "
    "it split its pictures."
)
