"""How a classifier does in groups of people and pictures, and how little some of that means."""

from __future__ import annotations

import streamlit as st

from skinvision.render.interval_charts import FEW, FEW_MELANOMAS, groups_chart
from skinvision.reports import ClassificationReport, GroupReport

_TITLES = {
    "age_approx": "By age in years",
    "sex": "By sex",
    "anatom_site_general": "By body site",
    "diagnosis_confirm_type": "By how the diagnosis was confirmed",
}


def show(report: ClassificationReport) -> None:
    """A chart for each column of the table of pictures; nothing where the card has none."""
    if not report.groups:
        return
    st.header("Does it do equally well for everyone?", anchor=False)
    st.caption(_READING)
    few = any(_is_small(group) for groups in report.groups.values() for group in groups.values())
    if few:
        st.warning(_FEW, icon=":material/warning:")
    grid = st.grid(2, min_column_width=340, gap="medium")
    for column, groups in report.groups.items():
        with grid.cell():
            title = _TITLES.get(column, column)
            st.subheader(title, anchor=False)
            st.plotly_chart(groups_chart(groups), config={"displayModeBar": False}, alt=f"{title}. {_READING}")


def _is_small(group: GroupReport) -> bool:
    return group.n < FEW or 0 < group.melanomas < FEW_MELANOMAS


_READING = (
    "How many of a group's pictures were named correctly, and how many of its melanomas alone. The first mostly tells "
    "how many of the pictures are nevi, which are the easiest; groups are better compared by the second."
)
_FEW = (
    f"Read little into the pale, hollow dots. They stand for fewer than {FEW} pictures, or fewer than {FEW_MELANOMAS} "
    "melanomas, so one picture more or less moves the share by several points. Their intervals are wide and yet too "
    "narrow: they take all pictures for different lesions, which they are not."
)
