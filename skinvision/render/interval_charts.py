"""Plotly charts of figures as dots with their 95 % intervals: of classes, of models, and of groups of pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import plotly.graph_objects as go

from skinvision.card import ModelCard
from skinvision.figures import minus, percent
from skinvision.methods import METHODS
from skinvision.render.charts import BLUE, GREEN, GREY, GRID, VERMILLION, bold, framed, wrapped
from skinvision.render.leaderboard import Board, Interval, is_default, with_interval
from skinvision.render.study import Row
from skinvision.reports import GUESSES, ClassificationReport, FoundReport, GroupReport, MethodReport, Sweep

FEW, FEW_MELANOMAS = 30, 10  # pictures below which a group's figure is drawn pale
_PALE = {BLUE: "rgba(86,160,207,0.55)", VERMILLION: "rgba(230,140,80,0.55)"}
SweepMeasure = Literal["flips", "loss", "leaves"]
_ROOM = -0.03  # for a dot at nothing, on an axis of shares
_APART = 0.22  # between a group's line and its dots, as a part of a row


def recall_chart(report: ClassificationReport, card: ModelCard) -> go.Figure:
    """Recall of every class with Wilson's 95 % interval and the number of pictures; absent classes have no dot."""
    shown = [(label, report.per_class[label]) for label in report.labels]
    names = [f"{wrapped(card.title_of(label))}<br>n = {of.n}" for label, of in shown]
    known = [
        Dot(row, of.recall, of.recall_interval, percent(of.recall), card.title_of(label))
        for row, (label, of) in enumerate(shown)
        if of.recall is not None
    ]
    figure = go.Figure(dotted(known, BLUE))
    named_rows(figure, names)
    share_axis(figure, "recall, with 95 % interval")
    return framed(figure, height=62 * len(names) + 80)


def models_chart(board: Board, titles: Mapping[str, str]) -> go.Figure:
    """The figure that models are ranked by, with its 95 % interval, the best one on top; the default one is bold.

    Args:
        titles: what to call each model, by its name.
    """
    ranked = board.figures[0]
    names = {card.name: wrapped(titles[card.name], 22) for card in board.cards}
    dots = [
        Dot(row, value, ranked.interval_of(card), with_interval(value, None), titles[card.name])
        for row, card in enumerate(board.cards)
        if (value := ranked.of(card)) is not None
    ]
    figure = go.Figure(dotted(dots, BLUE))
    named_rows(figure, [bold(names[card.name]) if is_default(card) else names[card.name] for card in board.cards])
    _close_axis(figure, dots, f"{ranked.title}, with 95 % interval")
    return framed(figure, height=58 * len(board.cards) + 80)


def groups_chart(groups: Mapping[str, GroupReport]) -> go.Figure:
    """Share named correctly of each group's pictures, and of its melanomas alone, with Wilson's 95 % interval.

    Dots of few pictures are pale and hollow.
    """
    everything, melanomas, absent = [], [], []
    for row, of in enumerate(groups.values()):
        everything.append(Dot(row - _APART, of.accuracy, of.accuracy_interval, _of(of.accuracy, of.n), "", of.n < FEW))
        if of.melanoma_recall is not None:
            text, few = _of(of.melanoma_recall, of.melanomas), of.melanomas < FEW_MELANOMAS
            melanomas.append(Dot(row + _APART, of.melanoma_recall, of.melanoma_interval, text, "", few))
        else:
            absent.append(row + _APART)
    figure = go.Figure()
    for name, colour, dots in (("all pictures", BLUE, everything), ("melanomas alone", VERMILLION, melanomas)):
        for pale in (False, True):
            some = [dot for dot in dots if dot.pale == pale]
            figure.add_trace(dotted(some, colour, name, pale))
    if melanomas:
        figure.add_scatter(x=[0] * len(absent), y=absent, text="no melanomas", **_WORDS)
    named_rows(figure, [wrapped(value) for value in groups])
    share_axis(figure, "named correctly, with 95 % interval")
    return _framed_in_pairs(figure, len(groups))


def study_chart(found: Sequence[Row]) -> go.Figure:
    """Balanced accuracy of each run of the study on test and validation pictures, with its 95 % interval."""
    figure, drawn = go.Figure(), []
    for name, colour, place, of in (
        ("test pictures", BLUE, -_APART, [row.test for row in found]),
        ("validation pictures", VERMILLION, _APART, [row.val for row in found]),
    ):
        dots = [
            Dot(number + place, one.value, (one.low, one.high), with_interval(one.value, None), row.title)
            for number, (row, one) in enumerate(zip(found, of, strict=True))
        ]
        figure.add_trace(dotted(dots, colour, name))
        drawn.extend(dots)
    named_rows(figure, [wrapped(row.title, 22) for row in found])
    _close_axis(figure, drawn, "balanced accuracy, with 95 % interval")
    return _framed_in_pairs(figure, len(found))


def sweep_chart(sweep: Sweep, measure: SweepMeasure) -> go.Figure:
    """One ``measure`` of what each change does; what turns most answers is on top."""
    colour, axis, written = _MEASURES[measure]
    ranked = sorted(sweep.under.values(), key=lambda of: -of.flips.value)
    found = [(row, of.title, getattr(of, measure)) for row, of in enumerate(ranked)]
    dots = [
        Dot(row, of.value, (of.low, of.high), written(of.value), title) for row, title, of in found if of is not None
    ]
    figure = go.Figure(dotted(dots, colour))
    named_rows(figure, [wrapped(of.title, 22) for of in ranked])
    _close_axis(figure, dots, f"{axis}, with 95 % interval", 0.0)
    ticks = [tick / 5 for tick in range(-5, 6)]
    figure.update_xaxes(tickvals=ticks, ticktext=[*map(written, ticks)], zeroline=True, zerolinecolor=GREY)
    return framed(figure, height=46 * len(ranked) + 80)


def contest_chart(reports: Mapping[str, MethodReport]) -> go.Figure:
    """By how much each method's maps are better than random orders, the most faithful on top."""
    ranked = sorted(reports.items(), key=lambda item: -item[1].gain.value)
    dots = [
        Dot(number, of.gain.value, (of.gain.low, of.gain.high), minus(f"{of.gain.value:+.3f}"), METHODS[name].title)
        for number, (name, of) in enumerate(ranked)
    ]
    figure = go.Figure(dotted(dots, BLUE))
    named_rows(figure, [METHODS[name].title for name, _ in ranked])
    _close_axis(figure, dots, "areas better than by chance, with 95 % interval", 0.0)  # where chance is
    figure.update_xaxes(zeroline=True, zerolinecolor=GREY)
    return framed(figure, height=52 * len(ranked) + 80)


def truth_chart(maps: Mapping[str, FoundReport], guesses: Mapping[str, FoundReport]) -> go.Figure:
    """What each method's maps have inside the deciding feature, and how often they point at it; guesses are hollow."""
    found = [(METHODS[name].title, of, False) for name, of in maps.items()]
    found += [(GUESSES[name][0].upper() + GUESSES[name][1:], of, True) for name, of in guesses.items()]
    ranked = sorted(found, key=lambda row: -row[1].share.value)
    figure = go.Figure()
    for name, colour, place, of in (
        ("inside the feature", BLUE, -_APART, [report.share for _, report, _ in ranked]),
        ("maximum inside", VERMILLION, _APART, [report.hits for _, report, _ in ranked]),
    ):
        dots = [
            Dot(number + place, one.value, (one.low, one.high), percent(one.value), title, pale)
            for number, ((title, _, pale), one) in enumerate(zip(ranked, of, strict=True))
            if one
        ]
        for pale in (False, True):
            figure.add_trace(dotted([dot for dot in dots if dot.pale == pale], colour, name, pale))
    named_rows(figure, [wrapped(title) for title, _, _ in ranked])
    share_axis(figure, "with 95 % interval; hollow: guesses")
    framed(figure, height=58 * len(ranked) + 110)
    return figure.update_layout(legend={"y": 1, "yanchor": "bottom"}, margin_t=36)


def _points(difference: float) -> str:
    """A difference of two shares in percentage points."""
    return minus(f"{round(100 * difference)}")


_MEASURES: dict[SweepMeasure, tuple[str, str, Callable[[float], str]]] = {
    "flips": (BLUE, "share of the pictures", percent),
    "loss": (VERMILLION, "percentage points", _points),
    "leaves": (GREEN, "percentage points", _points),
}


@dataclass(frozen=True, slots=True)
class Dot:
    """A share, in which row of the chart it stands, and what stands beside it."""

    row: float
    value: float
    interval: Interval | None
    text: str
    name: str
    pale: bool = False

    @property
    def ends(self) -> Interval:
        return self.interval or (self.value, self.value)


_WORDS = {"mode": "text", "textposition": "middle right", "hoverinfo": "skip", "showlegend": False}


def dotted(dots: Sequence[Dot], colour: str, name: str = "", pale: bool = False) -> go.Scatter:
    """Dots with their intervals and texts; under ``name`` in the legend, unless they are ``pale``."""
    drawn = _PALE[colour] if pale else colour
    return go.Scatter(
        x=[dot.value for dot in dots],
        y=[dot.row for dot in dots],
        error_x={
            "array": [dot.ends[1] - dot.value for dot in dots],
            "arrayminus": [dot.value - dot.ends[0] for dot in dots],
            "thickness": 2,
            "width": 6,
            "color": drawn,
        },
        text=[dot.text for dot in dots],
        customdata=[(*dot.ends, f"{dot.name}: " if dot.name else "") for dot in dots],
        mode="markers+text",
        textposition=[_beside(dot.value) for dot in dots],
        marker={
            "color": drawn,
            "size": 11,
            "symbol": "circle-open" if pale else "circle",
            "line": {"color": drawn, "width": 2},
        },
        cliponaxis=False,
        name=name,
        showlegend=bool(name) and not pale,
        hovertemplate="%{customdata[2]}%{x:.1%} (%{customdata[0]:.1%} to %{customdata[1]:.1%})<extra></extra>",
    )


def _beside(value: float) -> str:
    """Where the text stands, so that it does not leave a chart from 0 to 1."""
    if value > 0.85:
        return "top left"
    return "top right" if value < 0.15 else "top center"


def named_rows(figure: go.Figure, names: Sequence[str]) -> None:
    """Names from the top down, with room above the first dot for its text."""
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=list(names),
        range=[len(names) - 0.5, -0.7],
        automargin=True,
        showgrid=False,
        zeroline=False,
    )


def _framed_in_pairs(figure: go.Figure, rows: int) -> go.Figure:
    """High enough for two lines in each row, under a legend."""
    framed(figure, height=84 * rows + 110)
    return figure.update_layout(legend={"y": 1, "yanchor": "bottom"}, margin_t=36)


def _close_axis(figure: go.Figure, dots: Sequence[Dot], title: str, *shown: float) -> None:
    """No wider than the dots, which are at most 1, and what else is to be ``shown`` need, with room for letters."""
    low, high = min([*shown, *(dot.ends[0] for dot in dots)]), max([*shown, *(dot.ends[1] for dot in dots)])
    room = max(0.25 * (high - low), 0.01)
    ends = [low - room if low < 0 else max(low - room, _ROOM), min(high + room, max(high, 1))]
    figure.update_xaxes(range=ends, title=title, showgrid=True, gridcolor=GRID, zeroline=False)


def share_axis(figure: go.Figure, title: str) -> None:
    """From nothing to all, with room for dots at the ends."""
    figure.update_xaxes(
        range=[_ROOM, 1.06],
        tickvals=[0, 0.25, 0.5, 0.75, 1],
        tickformat=".0%",
        showgrid=True,
        gridcolor=GRID,
        zeroline=False,
        title=title,
    )


def _of(share: float, n: int) -> str:
    return f"{percent(share)} of {n}"
