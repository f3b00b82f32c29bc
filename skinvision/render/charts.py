"""Plotly charts: the probabilities of one picture by one model or by several, and what all charts share.

Grounds are transparent and no text has a colour of its own, so that the theme of the page, light or dark, gives it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence

import plotly.graph_objects as go

from skinvision.card import ModelCard
from skinvision.comparison import Comparison
from skinvision.render.words import percent
from skinvision.types import Prediction

# Okabe & Ito 2008, safe for colour-blind eyes; grey for their black and yellow, which a dark or a light page swallows.
BLUE, VERMILLION, GREEN, ORANGE, SKY, PURPLE, GREY = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#E69F00",
    "#56B4E9",
    "#CC79A7",
    "#8C8C8C",
)
PALETTE = (BLUE, VERMILLION, GREEN, ORANGE, SKY, PURPLE, GREY)
GRID = "rgba(128,128,128,0.3)"
_CLEAR = "rgba(0,0,0,0)"
_BAR = 20  # px, high enough for the figure beside it
_PALE_BLUE, _PALE_VERMILLION = "rgba(86,160,207,0.6)", "rgba(230,140,80,0.6)"


def probability_chart(prediction: Prediction, card: ModelCard, target: str) -> go.Figure:
    """Horizontal bars of the calibrated probability of every class, the most probable on top.

    Solid bars are in the prediction set, pale ones are not; the explained class ``target`` has another colour and a
    bold name.
    """
    ranked = sorted(prediction.labels, key=prediction.probability, reverse=True)
    names = {label: wrapped(card.title_of(label)) for label in ranked} | {target: bold(wrapped(card.title_of(target)))}
    chosen = [label for label in ranked if label in prediction.prediction_set and label != target]
    others = [label for label in ranked if label not in prediction.prediction_set and label != target]
    groups = (
        ([target], "Explained by the heatmap", VERMILLION if target in prediction.prediction_set else _PALE_VERMILLION),
        (chosen, "In the prediction set", BLUE),
        (others, "Outside the set", _PALE_BLUE),
    )
    bars = (
        _bars([prediction.probability(label) for label in labels], [names[label] for label in labels], *look)
        for labels, *look in groups
        if labels
    )
    figure = _ranked(bars, [names[label] for label in ranked], height=40 * len(ranked) + 110)
    return figure.update_layout(barmode="overlay", bargap=0.3)


def comparison_chart(comparison: Comparison, card: ModelCard) -> go.Figure:
    """Horizontal bars of the calibrated probability of every class, one for each model.

    The class with the highest mean probability is on top, and the models are in their order within each class.
    """
    predictions = (analysis.prediction for analysis in comparison.analyses)
    return grouped_chart(dict(zip(comparison.names, predictions, strict=True)), comparison.labels, card)


def grouped_chart(predictions: Mapping[str, Prediction], labels: Sequence[str], card: ModelCard) -> go.Figure:
    """Horizontal bars of the calibrated probability of each of ``labels``, from the top down, in several predictions.

    Args:
        predictions: by what they are called; within each class in their order, in the colours of ``PALETTE``.
    """
    rows = [wrapped(card.title_of(label)) for label in labels]
    bars = (
        _bars([prediction.probability(label) for label in labels], rows, name, colour)
        for (name, prediction), colour in zip(predictions.items(), PALETTE, strict=False)
    )
    figure = _ranked(bars, rows, height=len(rows) * (_BAR * len(predictions) + 18) + 110)
    return figure.update_layout(barmode="group", bargap=0.25, legend={"y": 1, "yanchor": "bottom"}, margin_t=36)


def framed(figure: go.Figure, height: int) -> go.Figure:
    """``figure`` on a transparent ground, with the legend below it and margins for a phone."""
    figure.update_xaxes(tickfont_size=13)
    figure.update_yaxes(tickfont_size=13)
    return figure.update_layout(
        height=height,
        margin={"l": 0, "r": 18, "t": 8, "b": 8},
        paper_bgcolor=_CLEAR,
        plot_bgcolor=_CLEAR,
        font_size=14,
        legend={"orientation": "h", "x": 0, "y": -0.12, "yanchor": "top", "bgcolor": _CLEAR},
        hoverlabel_align="left",
        dragmode=False,
    )


def wrapped(title: str, width: int = 19) -> str:
    """``title`` in lines of at most ``width`` letters, so that names leave room for the bars on a phone."""
    return "<br>".join(textwrap.wrap(title, width, break_long_words=False))


def bold(text: str) -> str:
    return f"<b>{text}</b>"


def _ranked(bars: Iterable[go.Bar], rows: Sequence[str], height: int) -> go.Figure:
    """Bars of probabilities in ``rows``, the first on top."""
    figure = go.Figure(list(bars))
    figure.update_yaxes(categoryorder="array", categoryarray=rows, autorange="reversed", automargin=True)
    figure.update_xaxes(range=[0, 1.25], tickvals=[0, 0.25, 0.5, 0.75, 1], tickformat=".0%", gridcolor=GRID)
    return framed(figure, height)


def _bars(values: Sequence[float], rows: Sequence[str], legend: str, colour: str) -> go.Bar:
    return go.Bar(
        x=values,
        y=rows,
        text=[percent(value) for value in values],
        name=legend,
        orientation="h",
        marker={"color": colour, "line_width": 0},
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{x:.1%}<extra></extra>",
    )
