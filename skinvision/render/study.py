"""What the cards of the study say together: what it is worth to cut the lesion out, and what a leak adds.

The study trains one network in one way on different views of the pictures, and on a split that leaks. Its cards lie
beside those of the models; its weights are not kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot

from skinvision.card import ModelCard
from skinvision.render.leaderboard import with_interval
from skinvision.reports import ClassificationReport, Interval

REGIONS = {
    "study-whole": "The whole picture",
    "study-box": "The box around the lesion",
    "study-lesion": "The lesion alone",
}
SPLITS = {"study-whole": "Split by lesion", "study-by-image": "Split by image"}


@dataclass(frozen=True, slots=True)
class Row:
    """One run of the study: what it is called, and its balanced accuracy on both held-out splits."""

    title: str
    val: Interval
    test: Interval
    accuracy: Interval
    macro_auc: float


def rows(cards: Sequence[ModelCard], titles: Mapping[str, str]) -> tuple[Row, ...]:
    """Those of ``titles`` in their order, where all of them were run; else none.

    Args:
        titles: what to call a run, by the name of its card: ``REGIONS`` or ``SPLITS``.
    """
    known = {card.name: card for card in cards}
    found = [_row(known[name], title) for name, title in titles.items() if name in known]
    return tuple(row for row in found if row) if len(found) == len(titles) and all(found) else ()


def interval(figure: Interval) -> str:
    """``0.743 (0.696–0.787)``."""
    return with_interval(figure.value, (figure.low, figure.high))


def difference(one: Interval, other: Interval) -> Interval:
    """``one`` less ``other`` with its interval, from those of both (Zou & Donner, Stat. Med. 2008).

    It takes both for measured on pictures of their own. Measured on the same ones they go together, and the true
    interval is narrower.
    """
    value = one.value - other.value
    return Interval(
        value,
        value - hypot(one.value - one.low, other.high - other.value),
        value + hypot(one.high - one.value, other.value - other.low),
    )


def worth_of_regions(found: Sequence[Row]) -> str:
    """Two sentences on what the box and the lesion alone are worth against the whole picture, by the test pictures."""
    whole, box, lesion = (row.test for row in found)
    gains = difference(box, whole), difference(lesion, whole)
    changes = [_points(gain) for gain in gains]
    helps = any(gain.low > 0 for gain in gains)
    return (
        f"Against the whole picture, the box around the lesion changes the balanced accuracy by {changes[0]} and the "
        f"lesion alone by {changes[1]}. So the box {_verdict(gains[0])} and the lesion alone {_verdict(gains[1])}: "
        f"that segmentation helps classification {'holds' if helps else 'is not shown'} here."
    )


def worth_of_the_leak(found: Sequence[Row]) -> str:
    """Two sentences on what a split by image adds."""
    by_lesion, by_image = (row.test for row in found)
    gain = difference(by_image, by_lesion)
    told = {
        True: "A report that does not say how it split its pictures may owe as much to lesions that its network knew.",
        False: "With so few pictures that may be chance; the leak is wrong all the same.",
    }
    return (
        f"Split by image, the same network gets {by_image.value:.3f} instead of {by_lesion.value:.3f}: "
        f"{_points(gain)} that it would not keep on new patients. {told[gain.low > 0]}"
    )


def _row(card: ModelCard, title: str) -> Row | None:
    if not (isinstance(card.val, ClassificationReport) and isinstance(card.test, ClassificationReport)):
        return None
    low, high = card.test.accuracy_interval or (card.test.accuracy, card.test.accuracy)
    accuracy = Interval(card.test.accuracy, low, high)
    return Row(title, _balanced(card.val), _balanced(card.test), accuracy, card.test.macro_auc or float("nan"))


def _balanced(report: ClassificationReport) -> Interval:
    return Interval(report.balanced_accuracy, *report.balanced_accuracy_interval)


def _points(gain: Interval) -> str:
    """``+3.2 points (95 %: −2.1 to +8.5)``."""
    value, low, high = (f"{100 * number:+.1f}".replace("-", "−") for number in (gain.value, gain.low, gain.high))
    return f"{value} points (95 %: {low} to {high})"


def _verdict(gain: Interval) -> str:
    if gain.low > 0:
        return "does better"
    return "does worse" if gain.high < 0 else "cannot be told from it"
