"""Plotly charts of a model's held-out figures and of its training, as the Evidence page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from skinvision.card import Epoch, History, ModelCard
from skinvision.render.charts import BLUE, GREEN, GREY, GRID, PALETTE, SKY, VERMILLION, framed, wrapped
from skinvision.reports import ClassificationReport, ReliabilityBin, SegmentationReport

_PAPER, _INK = "#F4F8FC", "#16181D"  # cells have their own ground, so their numbers have their own colour
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def confusion_chart(report: ClassificationReport, card: ModelCard) -> go.Figure:
    """True against predicted class: colour is the share of the row, the number counts pictures."""
    shares = [[count / max(sum(row), 1) for count in row] for row in report.confusion]
    titles = [card.title_of(label) for label in report.labels]
    heat = go.Heatmap(
        z=shares,
        x=list(report.labels),
        y=[wrapped(f"{title} ({label})", 16) for title, label in zip(titles, report.labels, strict=True)],
        text=report.confusion,
        customdata=[titles] * len(titles),
        texttemplate="%{text}",
        hovertemplate="true: %{y}<br>predicted: %{customdata}<br>%{text} pictures, %{z:.0%} of the row<extra></extra>",
        textfont={"color": _INK, "size": 13},
        colorscale=[_PAPER, SKY],
        zmin=0,
        zmax=1,
        xgap=1,
        ygap=1,
        colorbar={"tickformat": ".0%", "orientation": "h", "y": -0.01, "yanchor": "top", "thickness": 12},
    )
    figure = go.Figure(heat)
    figure.update_yaxes(autorange="reversed", automargin=True)
    figure.update_xaxes(title="true in rows, predicted in columns", type="category", side="top", automargin=True)
    return framed(figure, height=56 * len(titles) + 150)


def roc_chart(report: ClassificationReport, card: ModelCard) -> go.Figure:
    """One ROC curve per class against the rest, with its area in the legend; colour and dashes tell them apart."""
    figure = go.Figure(_diagonal("by chance"))
    for index, label in enumerate(label for label in report.labels if label in report.roc):
        curve, auc = report.roc[label], report.per_class[label].auc
        figure.add_scatter(
            x=curve.x,
            y=curve.y,
            mode="lines",
            name=f"{card.title_of(label)} ({'no AUC' if auc is None else f'AUC {auc:.3f}'})",
            line={"color": PALETTE[index % len(PALETTE)], "dash": _DASHES[index % len(_DASHES)], "width": 2.5},
            hovertemplate="%{y:.0%} found at %{x:.0%} false alarms<extra>" + card.title_of(label) + "</extra>",
        )
    _unit_axes(figure, "false positive rate", "true positive rate")
    framed(figure, height=460 + 22 * len(report.roc))
    return figure.update_layout(legend={"orientation": "v", "y": -0.18})


def reliability_chart(report: ClassificationReport) -> go.Figure:
    """Accuracy against confidence before and after temperature, above the number of pictures at each confidence."""
    figure = make_subplots(rows=2, shared_xaxes=True, row_heights=[0.72, 0.28], vertical_spacing=0.05)
    figure.add_trace(_diagonal("perfect"), row=1, col=1)
    series = (
        ("before temperature", report.reliability_uncalibrated, report.ece_uncalibrated, VERMILLION, "dash"),
        ("after temperature", report.reliability, report.ece, BLUE, "solid"),
    )
    for name, bins, ece, colour, dash in series:
        filled = [each for each in bins if each.n]
        figure.add_trace(_reliability_line(filled, f"{name} (ECE {ece:.3f})", colour, dash), row=1, col=1)
        figure.add_trace(_counts(filled, name, colour), row=2, col=1)
    figure.update_xaxes(range=[0, 1], tickformat=".0%", gridcolor=GRID)
    figure.update_xaxes(title="confidence", row=2, col=1)
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%", gridcolor=GRID, title="accuracy", row=1, col=1)
    figure.update_yaxes(gridcolor=GRID, title="pictures", nticks=3, row=2, col=1)
    return framed(figure, height=520)


def dice_chart(report: SegmentationReport) -> go.Figure:
    """How many pictures reached which Dice, with the mean."""
    width = 1 / len(report.dice_histogram)
    centres = [(index + 0.5) * width for index in range(len(report.dice_histogram))]
    bars = go.Bar(
        x=centres,
        y=report.dice_histogram,
        width=width * 0.92,
        marker={"color": BLUE, "line_width": 0},
        customdata=[(centre - width / 2, centre + width / 2) for centre in centres],
        hovertemplate="Dice %{customdata[0]:.2f} to %{customdata[1]:.2f}: %{y} pictures<extra></extra>",
    )
    figure = go.Figure(bars)
    figure.add_vline(report.dice, line={"color": VERMILLION, "width": 2, "dash": "dash"})
    figure.add_annotation(
        x=report.dice, y=1, yref="paper", yanchor="bottom", showarrow=False, text=f"mean {report.dice:.3f}"
    )
    figure.update_xaxes(range=[0, 1], title="Dice", gridcolor=GRID)
    figure.update_yaxes(title="pictures", gridcolor=GRID, automargin=True)
    framed(figure, height=340)
    return figure.update_layout(showlegend=False, margin_t=28)


def history_chart(history: History) -> go.Figure:
    """Loss on training and validation pictures, and the validation score, by epoch; dotted where the size changed."""
    figure = make_subplots(rows=2, shared_xaxes=True, row_heights=[0.5, 0.5], vertical_spacing=0.06)
    epochs = [epoch.epoch for epoch in history.epochs]
    lines = (
        ("loss, training", [epoch.train_loss for epoch in history.epochs], GREY, 1),
        ("loss, validation", [epoch.val_loss for epoch in history.epochs], VERMILLION, 1),
        (f"{history.score_name}, validation", [epoch.score for epoch in history.epochs], GREEN, 2),
    )
    for name, values, colour, row in lines:
        figure.add_trace(_line(epochs, values, name, colour), row=row, col=1)
    for epoch in _size_changes(history.epochs):
        figure.add_vline(epoch.epoch - 0.5, line={"color": GREY, "dash": "dot"})
        figure.add_annotation(
            x=epoch.epoch - 0.5, y=1, yref="paper", yanchor="bottom", showarrow=False, text=_size(epoch)
        )
    figure.update_xaxes(gridcolor=GRID)
    figure.update_xaxes(title="epoch", row=2, col=1)
    figure.update_yaxes(title="loss", gridcolor=GRID, row=1, col=1)
    figure.update_yaxes(title=history.score_name, gridcolor=GRID, row=2, col=1)
    framed(figure, height=520)
    return figure.update_layout(margin_t=28)


def _diagonal(name: str) -> go.Scatter:
    line = {"color": GREY, "dash": "dot", "width": 1.5}
    return go.Scatter(x=[0, 1], y=[0, 1], mode="lines", name=name, line=line, hoverinfo="skip")


def _unit_axes(figure: go.Figure, x: str, y: str) -> None:
    figure.update_xaxes(range=[-0.01, 1.01], tickformat=".0%", gridcolor=GRID, title=x)
    figure.update_yaxes(range=[-0.01, 1.02], tickformat=".0%", gridcolor=GRID, title=y, automargin=True)


def _reliability_line(bins: Sequence[ReliabilityBin], name: str, colour: str, dash: str) -> go.Scatter:
    return go.Scatter(
        x=[each.confidence for each in bins],
        y=[each.accuracy for each in bins],
        customdata=[each.n for each in bins],
        mode="lines+markers",
        name=name,
        line={"color": colour, "dash": dash, "width": 2.5},
        marker_size=8,
        hovertemplate="confident %{x:.0%}, right %{y:.0%} of %{customdata} pictures<extra></extra>",
    )


def _counts(bins: Sequence[ReliabilityBin], name: str, colour: str) -> go.Bar:
    return go.Bar(
        x=[each.confidence for each in bins],
        y=[each.n for each in bins],
        width=0.02,
        marker={"color": colour, "line_width": 0},
        showlegend=False,
        hovertemplate="%{y} pictures<extra>" + name + "</extra>",
    )


def _line(x: Sequence[int], y: Sequence[float], name: str, colour: str) -> go.Scatter:
    line = {"color": colour, "width": 2.5}
    hover = "epoch %{x}: %{y:.3f}<extra>" + name + "</extra>"
    return go.Scatter(x=x, y=y, mode="lines+markers", name=name, line=line, marker_size=6, hovertemplate=hover)


def _size_changes(epochs: Sequence[Epoch]) -> list[Epoch]:
    """The first epoch at each new input size."""
    return [after for before, after in pairwise(epochs) if before.size != after.size]


def _size(epoch: Epoch) -> str:
    height, width = epoch.size
    return f"{height} px" if height == width else f"{height} × {width} px"
