"""All models beside each other, as far as they were measured on the same pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from skinvision import catalogue
from skinvision.card import Modality, ModelCard
from skinvision.render.interval_charts import models_chart
from skinvision.render.leaderboard import (
    Board,
    Figure,
    boards,
    is_default,
    percent_with_interval,
    titles,
    with_interval,
)
from skinvision.render.words import number
from skinvision.reports import ClassificationReport
from skinvision.ui.session import literal


def show(cards: Sequence[ModelCard]) -> None:
    """A leaderboard for each set of test pictures, and which models were not measured."""
    names = titles(cards)
    st.caption(_READING)
    for index, board in enumerate(boards(cards)):
        _board(board, names, key=f"board_{index}")
    unknown = [literal(names[card.name]) for card in cards if card.test is None]
    if unknown:
        st.info(f"Not measured on held-out pictures yet: {', '.join(unknown)}.", icon=":material/info:")


_NONE = "–"


@dataclass(frozen=True, slots=True)
class _Cell:
    """What a column is sorted by, and what it shows instead."""

    value: float | None
    text: str


@dataclass(frozen=True, slots=True)
class _Column:
    """A figure of every model: its heading, how it is read, and its width in px."""

    title: str
    reading: str
    cell: Callable[[ModelCard], _Cell]
    width: int = 170


_QUESTIONS: dict[Modality, str] = {
    "dermoscopy": "Which diagnosis it is",
    "photograph": "Which diagnosis it is on an ordinary photograph",
    "synthetic": "Which feature a synthetic lesion has",
}


def _board(board: Board, names: dict[str, str], key: str) -> None:
    ranked, title = board.figures[0], _title(board)
    st.header(title, anchor=False)
    st.caption(
        f"{literal(board.data)}: {board.n} held-out pictures, the same for all models here. {literal(board.split)}"
    )
    told = [with_interval(ranked.of(card), ranked.interval_of(card)) for card in board.cards]
    alt = ", ".join(f"{names[card.name]} {text}" for card, text in zip(board.cards, told, strict=True))
    st.plotly_chart(
        models_chart(board, names),
        config={"displayModeBar": False},
        key=f"{key}_chart",
        alt=f"{title}. {ranked.title}, with 95 % interval: {alt}",
    )
    _table(board.cards, names, [*map(_measured, board.figures), *_COSTS], title)
    st.caption(_machines(board.cards))
    if board.task == "classification":
        _by_class(board, names, key)


def _title(board: Board) -> str:
    if board.task == "segmentation":
        return "Where the lesion is"
    return _QUESTIONS[board.cards[0].modality]


def _by_class(board: Board, names: dict[str, str], key: str) -> None:
    """Figures of one class at a time: of all at once they would be wider than any screen."""
    card = board.cards[0]
    assert isinstance(card.test, ClassificationReport)
    counts = {label: card.test.per_class[label].n for label in board.labels}
    label = st.selectbox(
        f"{_title(board)}: figures of one class",
        board.labels,
        format_func=lambda label: f"{card.title_of(label)} ({counts[label]} pictures)",
        key=f"{key}_label",
        persist_state="session",
        width=420,
    )
    columns = [_Column(title, reading, partial(_of_class, label, name)) for title, reading, name in _OF_CLASS]
    columns.append(_Column("AUC", _AUC, partial(_auc, label)))
    _table(board.cards, names, columns, f"Figures of {card.title_of(label)}")


def _table(cards: Sequence[ModelCard], names: dict[str, str], columns: Sequence[_Column], alt: str) -> None:
    """Numbers for Streamlit, which sorts by them, each under a text that has its interval too."""
    models = pd.Index([f"{_STAR * is_default(card)}{names[card.name]}" for card in cards], name="Model")
    cells = {column.title: [column.cell(card) for card in cards] for column in columns}
    numbers = pd.DataFrame({title: [cell.value for cell in of] for title, of in cells.items()}, models, dtype=float)
    styler = numbers.style
    for row, model in enumerate(models):
        texts = {title: of[row].text for title, of in cells.items()}
        styler.format(texts, subset=pd.IndexSlice[[model], :])
    config = {of.title: st.column_config.NumberColumn(help=of.reading, width=of.width) for of in columns}
    st.dataframe(styler, height="content", column_config=config, placeholder=_NONE, alt=alt)


def _measured(figure: Figure) -> _Column:
    def cell(card: ModelCard) -> _Cell:
        return _Cell(figure.of(card), with_interval(figure.of(card), figure.interval_of(card)))

    return _Column(figure.title, figure.reading, cell)


def _of_class(label: str, name: str, card: ModelCard) -> _Cell:
    assert isinstance(card.test, ClassificationReport)
    of = card.test.per_class[label]
    share = getattr(of, name)
    return _Cell(share, percent_with_interval(share, getattr(of, f"{name}_interval")))


def _auc(label: str, card: ModelCard) -> _Cell:
    assert isinstance(card.test, ClassificationReport)
    auc = card.test.per_class[label].auc
    return _Cell(auc, with_interval(auc, None))


def _parameters(card: ModelCard) -> _Cell:
    return _Cell(card.parameters / 1e6, f"{card.parameters / 1e6:.1f} M")


def _megabytes(card: ModelCard) -> _Cell:
    size = catalogue.weights_bytes(card)
    return _Cell(None, _NONE) if size is None else _Cell(size / 1e6, f"{size / 1e6:.1f} MB")


def _milliseconds(card: ModelCard) -> _Cell:
    if card.speed is None:
        return _Cell(None, _NONE)
    return _Cell(card.speed.milliseconds, f"{number(card.speed.milliseconds)} ms")


def _machines(cards: Sequence[ModelCard]) -> str:
    """What the times hold for."""
    machines = sorted({card.speed.machine for card in cards if card.speed})
    if not machines:
        return "Nobody has measured yet how long a picture takes."
    apart = " Times from different machines cannot be compared." if len(machines) > 1 else ""
    return f"Time: of the network alone, for one picture, on {literal('; '.join(machines))}.{apart}"


_OF_CLASS = (
    ("Recall", "Of the pictures of this class, how many were found.", "recall"),
    ("Precision", "Of the pictures that were given this name, how many are of it.", "precision"),
)
_AUC = "How well its probability tells this class from all others: 0.5 is chance, 1 perfect."
_COSTS = (
    _Column("Parameters", "Numbers that training has set.", _parameters, 95),
    _Column("File", "The weights on disk, in float16; of an ensemble with its members'.", _megabytes, 85),
    _Column("Time", "For one picture, network alone; it depends on the machine.", _milliseconds, 75),
)
_STAR = "★ "
_READING = (
    f"{_STAR}is the default model. In brackets: 95 % intervals; where two of them overlap widely, the order of their "
    "models may be chance. A heading sorts by its column."
)
