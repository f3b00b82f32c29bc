"""Which models may be compared, because they were measured on the same pictures, and by which figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from skinvision.card import ModelCard, Task
from skinvision.catalogue import DEFAULTS

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the leaderboard: how it is called, its field in the reports, and how it is read."""

    title: str
    field: str
    reading: str

    def of(self, card: ModelCard) -> float | None:
        """On the test pictures; None where it was not, or cannot be, measured."""
        value: float | None = getattr(card.test, self.field, None)
        return value

    def interval_of(self, card: ModelCard) -> Interval | None:
        """Of 95 %; None too where the card is older than the interval."""
        interval: Interval | None = getattr(card.test, f"{self.field}_interval", None)
        return interval


FIGURES: dict[Task, tuple[Figure, ...]] = {
    "classification": (
        Figure("Balanced accuracy", "balanced_accuracy", "Mean recall of all classes: a rare one counts as much."),
        Figure("Accuracy", "accuracy", "Share of pictures named correctly: it mostly tells how nevi do."),
        Figure("Macro F1", "macro_f1", "Mean F1 of all classes: what was missed counts, and what was named falsely."),
        Figure("Macro AUC", "macro_auc", "Mean area under the ROC curves: 0.5 is chance, 1 perfect."),
        Figure("ECE", "ece", "Expected calibration error: how far stated probabilities are off. 0 is perfect."),
    ),
    "segmentation": (
        Figure("Jaccard", "jaccard", "Overlap as a share of both areas together, mean over the pictures."),
        Figure("Dice", "dice", "Overlap with the outline that a person drew, mean over the pictures."),
        Figure("Thresholded Jaccard", "thresholded_jaccard", "Jaccard where a picture below 0.65 counts as 0."),
        Figure("Sensitivity", "sensitivity", "Share of the lesion's pixels that were found."),
        Figure("Specificity", "specificity", "Share of the skin's pixels that were left alone."),
    ),
}


@dataclass(frozen=True, slots=True)
class Board:
    """Models of one task with the same labels, measured on the same test pictures, the best one first.

    Attributes:
        data: name of the data set that the test pictures are of.
        n: how many test pictures there are.
        split: how they were chosen.
    """

    task: Task
    labels: tuple[str, ...]
    data: str
    n: int
    split: str
    cards: tuple[ModelCard, ...]

    @property
    def figures(self) -> tuple[Figure, ...]:
        """What is compared; the first is what models are ranked by."""
        return FIGURES[self.task]


def boards(cards: Iterable[ModelCard]) -> tuple[Board, ...]:
    """All models that have figures, in the order in which the first of each board comes."""
    together: dict[tuple[Task, tuple[str, ...], str, int, str], list[ModelCard]] = {}
    for card in cards:
        if card.test is not None:
            data, split = (card.data[0].name, card.data[0].split) if card.data else ("", "")
            together.setdefault((card.task, card.labels, data, card.test.n, split), []).append(card)
    return tuple(Board(*same, cards=_ranked(same[0], found)) for same, found in together.items())


def titles(cards: Iterable[ModelCard]) -> dict[str, str]:
    """What to call each model, by its name: its title, with the name where several have that title."""
    cards = tuple(cards)
    often = Counter(card.title for card in cards)
    return {card.name: card.title if often[card.title] == 1 else f"{card.title} ({card.name})" for card in cards}


def is_default(card: ModelCard) -> bool:
    return card.name == DEFAULTS[card.task]


def with_interval(value: float | None, interval: Interval | None) -> str:
    """``0.743 (0.696–0.787)``; a dash for nothing."""
    if value is None:
        return "–"
    return f"{value:.3f}" + (f" ({interval[0]:.3f}–{interval[1]:.3f})" if interval else "")


def percent_with_interval(share: float | None, interval: Interval | None) -> str:
    """``47 % (40–55)``; a dash for nothing."""
    if share is None:
        return "–"
    return f"{share * 100:.0f} %" + (f" ({interval[0] * 100:.0f}–{interval[1] * 100:.0f})" if interval else "")


def _ranked(task: Task, cards: Sequence[ModelCard]) -> tuple[ModelCard, ...]:
    first = FIGURES[task][0]
    return tuple(sorted(cards, key=lambda card: first.of(card) or 0.0, reverse=True))
