"""Plotly charts of the tests of a map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from skinvision.render.charts import BLUE, GREY, GRID, ORANGE, VERMILLION, framed
from skinvision.render.words import stage_title

if TYPE_CHECKING:  # they import torch
    from skinvision.faithfulness import Compared, Curve, Similarity, Stability

_HEIGHT = 340
_LIMIT = {"color": VERMILLION, "dash": "dash"}


def curves_chart(compared: Compared) -> go.Figure:
    """Deletion and insertion beside each other, the map against both references."""
    figure = make_subplots(1, 2, subplot_titles=("Deletion", "Insertion"), shared_yaxes=True, horizontal_spacing=0.12)
    others = compared.references
    lines = (
        ("The map", compared.own, BLUE, "solid"),
        ("Random blocks, mean", others.chance, GREY, "dash"),
        ("A blob in the middle", others.centre, ORANGE, "dot"),
    )
    for name, curves, colour, dash in lines:
        for column, curve in enumerate((curves.deletion, curves.insertion), start=1):
            figure.add_trace(_line(curve, name, colour, dash, shown=column == 1), 1, column)
    figure.update_xaxes(range=[0, 1], tickformat=".0%", gridcolor=GRID)
    figure.update_xaxes(title="pixels taken away", col=1)
    figure.update_xaxes(title="pixels put in", col=2)
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%", gridcolor=GRID)
    figure.update_yaxes(title="probability", col=1)
    framed(figure, height=_HEIGHT + 40)
    return figure.update_layout(margin_t=32, legend_y=-0.24)


def randomisation_chart(found: Mapping[str, Similarity], limit: float) -> go.Figure:
    """What is left of the map as the network forgets, level after level, with the limit of the rule."""
    levels = ["Nothing", *map(stage_title, found)]
    figure = go.Figure()
    for name, colour, values in (
        ("Rank correlation", BLUE, [each.rank_correlation for each in found.values()]),
        ("SSIM", ORANGE, [each.ssim for each in found.values()]),
    ):
        figure.add_scatter(
            x=levels,
            y=[1.0, *values],
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 2.5},
            marker_size=9,
            hovertemplate="%{x}: %{y:.2f}<extra>" + name + "</extra>",
        )
    lowest = min(0.0, *(min(each.rank_correlation, each.ssim) for each in found.values()))
    figure.add_hline(limit, line=_LIMIT, annotation={"text": "limit", "x": 1, "xanchor": "right", "yanchor": "bottom"})
    figure.update_yaxes(range=[lowest - 0.08, 1.08], gridcolor=GRID, title="similarity to the map")
    figure.update_xaxes(title="forgotten, with all before it", showgrid=False)
    framed(figure, height=_HEIGHT)
    return figure.update_layout(legend_y=-0.34)


def stability_chart(found: Stability, limit: float) -> go.Figure:
    """The largest relative change of the map by kind of disturbance, with the limit of the rule."""
    rows = {"Noise": found.noise, "Shift by 1 px": found.shift, "JPEG": found.jpeg, "Mirror": found.flip}
    figure = go.Figure(
        go.Bar(
            x=list(rows.values()),
            y=list(rows),
            orientation="h",
            text=[f"{value:.0%}" for value in rows.values()],
            textposition="outside",
            cliponaxis=False,
            marker={"color": [BLUE, BLUE, BLUE, GREY], "line_width": 0},
            hovertemplate="%{y}: %{x:.0%}<extra></extra>",
        )
    )
    figure.add_vline(limit, line=_LIMIT, annotation={"text": "limit", "y": 1, "yanchor": "bottom", "xanchor": "center"})
    figure.update_xaxes(range=[0, 1.2 * max(limit, *rows.values())], tickformat=".0%", gridcolor=GRID)
    figure.update_xaxes(title="largest relative change of the map")
    figure.update_yaxes(autorange="reversed", automargin=True)
    return framed(figure, height=_HEIGHT - 40).update_layout(margin_t=24)


def _line(curve: Curve, name: str, colour: str, dash: str, *, shown: bool) -> go.Scatter:
    return go.Scatter(
        x=curve.fractions,
        y=curve.scores,
        mode="lines",
        name=name,
        legendgroup=name,
        showlegend=shown,
        line={"color": colour, "dash": dash, "width": 2.5},
        hovertemplate=f"%{{y:.0%}} at %{{x:.0%}}<extra>{name}, area {curve.auc:.2f}</extra>",
    )
