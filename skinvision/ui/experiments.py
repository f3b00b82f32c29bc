"""Two questions put to one network: what the outline is worth to a classifier, and what a leak adds to its figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import streamlit as st

from skinvision.card import ModelCard
from skinvision.render.interval_charts import study_chart
from skinvision.render.leaderboard import with_interval
from skinvision.render.study import REGIONS, SPLITS, Row, rows, worth_of_regions, worth_of_the_leak
from skinvision.ui.session import literal


def show(cards: Sequence[ModelCard]) -> None:
    """Table, chart and conclusion of each question whose runs are all there."""
    st.caption(_READING)
    _question("Does it help to cut the lesion out?", _REGIONS, cards, REGIONS, worth_of_regions)
    _question("What does a leak add?", _LEAK, cards, SPLITS, worth_of_the_leak)
    with st.expander("How these networks were trained"):
        for card in cards:
            st.markdown(f"**{_TITLES.get(card.name, literal(card.name))}**: {literal(card.recipe)}")


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
    follows = conclusion(found)
    st.header(title, anchor=False)
    st.markdown(reading)
    st.table(_table(found))
    st.plotly_chart(study_chart(found), config={"displayModeBar": False}, alt=f"{title} {follows}")
    st.markdown(f"**{follows}**")


def _table(found: Sequence[Row]) -> pd.DataFrame:
    reports = [row.report for row in found]
    figures = {
        "Balanced accuracy, test": [with_interval(row.test.value, (row.test.low, row.test.high)) for row in found],
        "Balanced accuracy, validation": [with_interval(row.val.value, (row.val.low, row.val.high)) for row in found],
        "Accuracy, test": [with_interval(of.accuracy, of.accuracy_interval) for of in reports],
        "Macro AUC, test": [with_interval(of.macro_auc, of.macro_auc_interval) for of in reports],
    }
    return pd.DataFrame(figures, pd.Index([row.title for row in found]))


_TITLES = SPLITS | REGIONS
_READING = (
    "The same ResNet50, trained once for each row, in the same short way and with a decision in which every class "
    "counts alike. In brackets: 95 % intervals. They speak of the pictures; a second run of the same training would "
    "differ as well. Validation pictures chose the epoch that was kept, test pictures chose nothing. The networks "
    "themselves are not kept: they were trained too briefly to be used."
)
_REGIONS = (
    "Student systems often cut the lesion out before they classify it, and say that this helps. Here the network sees "
    "whole pictures, or the box around the lesion that our UNet finds, or in that box the lesion alone, with "
    "everything else painted over. It is trained and tested on the same kind; all three have the same test pictures, "
    "so that their differences are surer than the intervals say."
)
_LEAK = (
    "Many lesions are on more than one picture. Split by lesion, no test picture shows one that the network has learnt "
    "from; split by image, many do. Two published student systems report accuracies of 0.927 and 0.99, and neither "
    "says how it split its pictures."
)
