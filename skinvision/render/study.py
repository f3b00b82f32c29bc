"""What the cards of the study say together: what it is worth to cut the lesion out, and what a leak adds.

The study trains one network in one way on different views of the pictures, and on a split that leaks. Its cards lie
beside those of the models; its weights are not kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot

from skinvision.card import ModelCard
from skinvision.figures import minus
from skinvision.reports import ClassificationReport, Interval

REGIONS = {
    "study-whole": "The whole picture",
    "study-box": "The box around the lesion",
    "study-lesion": "The lesion alone",
}
SPLITS = {"study-whole": "Split by lesion", "study-by-image": "Split by image"}


@dataclass(frozen=True, slots=True)
class Row:
    """One run of the study: what it is called, its balanced accuracy on ``val`` and ``test``, and all of ``test``."""

    title: str
    val: Interval
    test: Interval
    report: ClassificationReport


def rows(cards: Sequence[ModelCard], titles: Mapping[str, str]) -> tuple[Row, ...]:
    """Those of ``titles`` in their order, where all of them were run; else none.

    Args:
        titles: what to call a run, by the name of its card: ``REGIONS`` or ``SPLITS``.
    """
    known = {card.name: card for card in cards}
    found = tuple(row for name, title in titles.items() if name in known and (row := _row(known[name], title)))
    return found if len(found) == len(titles) else ()


def is_told(cards: Sequence[ModelCard]) -> bool:
    """Whether all runs of a question are there."""
    return any(rows(cards, titles) for titles in (REGIONS, SPLITS))


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
    gains = {"the box": difference(box, whole), "the lesion alone": difference(lesion, whole)}
    changes = " and ".join(f"by {_points(gain)} with {name}" for name, gain in gains.items())
    one, other = verdicts = [_verdict(gain) for gain in gains.values()]
    does = " and ".join(f"{name} {verdict}" for name, verdict in zip(gains, verdicts, strict=True))
    if one == other:
        does = "neither can be told from it on so few pictures" if one == _UNSURE else f"both {one}"
    better = " and ".join(name for name, gain in gains.items() if gain.low > 0)
    conclusion = f"it helps to show a network {better}" if better else "that segmentation helps is not shown"
    told = f"Compared with the whole picture, balanced accuracy changes {changes}."
    return f"{told} So {does.rstrip(',')}: {conclusion} here."


def worth_of_the_leak(found: Sequence[Row]) -> str:
    """Two sentences on what a split by image adds."""
    by_lesion, by_image = (row.test for row in found)
    gain = difference(by_image, by_lesion)
    told = f"Split by image, the same network gets {by_image.value:.3f} instead of {by_lesion.value:.3f}"
    if gain.low > 0:
        return (
            f"{told}: {_points(gain)} that it would not keep on new patients. A report that does not say how it split "
            "its pictures may owe as much to lesions that its network knew."
        )
    return (
        f"{told}, a difference of {_points(gain)}: no gain from the leak can be told from chance here. "
        "A split by image stays wrong all the same."
    )


def _row(card: ModelCard, title: str) -> Row | None:
    if not (isinstance(card.val, ClassificationReport) and isinstance(card.test, ClassificationReport)):
        return None
    return Row(title, _balanced(card.val), _balanced(card.test), card.test)


def _balanced(report: ClassificationReport) -> Interval:
    return Interval(report.balanced_accuracy, *report.balanced_accuracy_interval)


def _points(gain: Interval) -> str:
    """``+3.2 points (95 %: −2.1 to +8.5)``."""
    rounded = (round(100 * number, 1) + 0.0 for number in (gain.value, gain.low, gain.high))  # never −0.0
    value, low, high = (minus(f"{number:+.1f}") for number in rounded)
    return f"{value} points (95 %: {low} to {high})"


_UNSURE = "cannot be told from it on so few pictures,"


def _verdict(gain: Interval) -> str:
    if gain.low > 0:
        return "did better"
    return "did worse" if gain.high < 0 else _UNSURE
