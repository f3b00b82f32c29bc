"""Plotly charts of the Explain page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from skinvision.render.charts import BLUE, GREY, GRID, VERMILLION, framed
from skinvision.render.lab_words import signed

if TYPE_CHECKING:  # it imports torch
    from skinvision.channels import Channels

_ROW_PX = 34


def contribution_chart(channels: Channels, shown: Sequence[int], off: Collection[int], rest: str) -> go.Figure:
    """A waterfall from 0 to the logit: the channels ``shown``, then all others, then the ``rest``.

    Channels that are ``off`` are left out of the sum, which ends where the others lead.
    """
    on = [channel for channel in shown if channel not in off]
    others = float(channels.contributions.sum() - channels.contributions[list(shown)].sum())
    steps = {f"Channel {channel}": float(channels.contributions[channel]) for channel in on}
    steps |= {f"{len(channels.weights) - len(shown)} others": others, rest: channels.remainder}
    figure = go.Figure(
        go.Waterfall(
            y=[*steps, "<b>Sum</b>"],
            x=[*steps.values(), 0],
            measure=[*["relative"] * len(steps), "total"],
            text=[*map(signed, steps.values()), signed(sum(steps.values()))],
            textposition="outside",
            orientation="h",
            cliponaxis=False,
            increasing_marker_color=BLUE,
            decreasing_marker_color=VERMILLION,
            totals_marker_color=GREY,
            connector={"line": {"color": GREY, "width": 1}},
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", automargin=True, showgrid=False)
    low, high = _reach(list(steps.values()))
    room = 0.18 * (high - low)
    figure.update_xaxes(title="logits", range=[low - room, high + room], gridcolor=GRID, zerolinecolor=GREY)
    return framed(figure, height=_ROW_PX * (len(steps) + 1) + 70)


def _reach(steps: Sequence[float]) -> tuple[float, float]:
    """The lowest and the highest that the sum comes to on its way from 0."""
    sums = [sum(steps[:count]) for count in range(len(steps) + 1)]
    return min(sums), max(sums)
