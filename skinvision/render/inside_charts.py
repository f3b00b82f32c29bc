"""Plotly charts of how much of the evidence lies inside the lesion: of one map, and of held-out pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from skinvision.card import ModelCard
from skinvision.figures import percent
from skinvision.render.charts import BLUE, GREY, ORANGE, VERMILLION, framed, wrapped
from skinvision.render.interval_charts import Dot, dotted, named_rows, share_axis
from skinvision.reports import InsideReport, Sweep

if TYPE_CHECKING:  # it imports torch
    from skinvision.faithfulness import Inside

_STEPS = {"lowerfence": 1, "q1": 5, "median": 10, "q3": 15, "upperfence": 19}  # among the quantiles of a ``Spread``
_APART = 0.22  # between a class's line and what stands on it, as a part of a row


def inside_chart(found: Inside, held_out: InsideReport) -> go.Figure:
    """The share inside the lesion as a line across those of held-out pictures, with that of an even map.

    The box holds the middle half of the pictures, its whiskers nine tenths.
    """
    figure = go.Figure(_boxes([held_out], [0.0]))
    for name, share, colour, dash in (
        ("This map", found.lesion_share, BLUE, "solid"),
        ("An even map", found.area_share, ORANGE, "dot"),
    ):
        figure.add_vline(share, line={"color": colour, "dash": dash, "width": 3}, name=name, showlegend=True)
    named_rows(figure, [f"{held_out.share.n} held-out<br>pictures"])
    share_axis(figure, "evidence inside the lesion")
    framed(figure, height=200)
    return figure.update_layout(legend_y=-0.6)


def insides_chart(sweep: Sweep, card: ModelCard) -> go.Figure:
    """By diagnosis, the shares inside the lesion as in ``inside_chart``, and how often the maximum lies there."""
    reports = list(sweep.inside.values())
    rows = range(len(reports))
    figure = go.Figure(_boxes(reports, [row - _APART for row in rows], "share of the evidence"))
    hits = [
        Dot(row + _APART, of.hits.value, (of.hits.low, of.hits.high), percent(of.hits.value), card.title_of(label))
        for row, (label, of) in enumerate(sweep.inside.items())
    ]
    figure.add_trace(dotted(hits, VERMILLION, "how often the maximum, with 95 % interval"))
    names = [f"{wrapped(card.title_of(label))}<br>n = {of.share.n}" for label, of in sweep.inside.items()]
    named_rows(figure, names)
    share_axis(figure, "inside the lesion")
    framed(figure, height=76 * len(names) + 110)
    return figure.update_layout(legend={"y": 1, "yanchor": "bottom"}, margin_t=36)


def _boxes(reports: Sequence[InsideReport], places: Sequence[float], name: str = "") -> go.Box:
    return go.Box(
        y=places,
        **{end: [report.share.quantiles[step] for report in reports] for end, step in _STEPS.items()},
        orientation="h",
        width=0.4,
        line_color=GREY,
        name=name,
        showlegend=bool(name),
        hoverinfo="x",
    )
