"""What the tests of a map say, in words, beside their charts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from skinvision.card import ModelCard
from skinvision.methods import METHODS
from skinvision.render.words import percent, stage_title
from skinvision.reports import GUESSES, FoundReport, InsideReport, TruthReport
from skinvision.types import Prediction

if TYPE_CHECKING:  # torch and matplotlib come with it
    from skinvision.faithfulness import Findings, Inside, Reason, Stability

ICONS = {
    "for": ":material/add_circle:",
    "against": ":material/do_not_disturb_on:",
    "aside": ":material/info:",
    "unknown": ":material/help:",
}
_STANDS = {
    "for": "speaks for the map",
    "against": "speaks against the map",
    "aside": "about the network",
    "unknown": "cannot be told",
}
_TITLES = {
    "against chance": "Compared with chance",
    "against a blob": "Compared with a blob in the middle",
    "another class": "Compared with another class",
}

INSIDE = (
    "How much of the map lies on the lesion. An even map would have the lesion's share of what the network sees. That "
    "is a question to the network as much as to the map: the true map of a network that looks at a ruler lies outside."
)
CURVES = (
    "Pixels are taken away in the order of the map (deletion) or put into a blurred picture (insertion), and the "
    "network is asked each time. By a true map the probability falls early and rises early. The other lines are what "
    "the map has to beat: blocks as large as the map's cells, in random order, and a blob in the middle."
)
ROAD = (
    "Here 10, 20 and 30 % of the pixels are filled in from their neighbours, so that the hole tells nothing itself. By "
    "a true map more is left without the least relevant pixels than without the most relevant."
)
RANDOMISATION = (
    "The network forgets what it learned, from the head down. A map that stays the same (1) does not show what was "
    "learned: a drawing of edges would stay. The dashed line is the limit for the mean rank correlation."
)
STABILITY = (
    "How much the map changes when the picture hardly does: a little noise, a shift by one pixel, JPEG; and in the "
    "mirror, which is told beside the grade."
)


LEFT_OUT = (
    "Randomisation, stability and the map of another class were left out: they need twenty more maps, and this method "
    "is slow. Without them the "
    "map is doubtful at best."
)
KNOWN_TRUTH = (
    "Of a real lesion nobody knows what decides, pixel by pixel. Of these it is known: a program draws the same lesion "
    "with one of five features, and nothing but the feature tells them apart. A small network has learnt to name it. "
    "So a map that tells the truth lies on the feature. At the network's last stage "
    "every cell has seen nearly the whole lesion, so evidence need not stand where the feature is: compare the stages."
)


def named(prediction: Prediction, card: ModelCard, feature: str) -> str:
    """What the network says of a lesion in which one feature was drawn."""
    top = prediction.top
    said = f"The network names it {card.title_of(top)}, with {percent(prediction.probability(top))}."
    if top == feature:
        return said
    return f"{said} That is wrong: it is {card.title_of(feature)}, so there is no telling where it looked."


def found(share: float, guesses: Mapping[str, float]) -> str:
    """What share of a map lies on what decides, and whether that is more than guesses have.

    Args:
        share: NaN of a map without positive evidence.
        guesses: the same of what knows nothing of the network, by a key of ``reports.GUESSES``.
    """
    if math.isnan(share):
        return "No positive evidence."
    as_good = [name for name, other in guesses.items() if other >= share]
    if not as_good:
        return f"{percent(share)} inside the feature: more than by any guess."
    least = min(as_good, key=guesses.__getitem__)
    return f"{percent(share)} inside the feature: no more than {GUESSES[least]} has ({percent(guesses[least])})."


def guessed(guesses: Mapping[str, float]) -> str:
    """What share of guesses lies on what decides."""
    return "Inside it: " + ", ".join(f"{GUESSES[name]} {percent(share)}" for name, share in guesses.items()) + "."


def truth_reading(report: TruthReport) -> str:
    """How to read the figures of many lesions."""
    return (
        f"{report.n} lesions that the network names rightly. Features lie in lesions, and lesions in the middle: a "
        "method that is no better than an even map of the lesion has found the lesion, not the feature."
    )


def truth_alt(maps: Mapping[str, FoundReport], guesses: Mapping[str, FoundReport]) -> str:
    """Alternative text of what each method's maps have inside the feature."""
    titles = {name: method.title for name, method in METHODS.items()} | GUESSES
    rows = (f"{titles[name]} {percent(of.share.value)}" for name, of in (*maps.items(), *guesses.items()))
    return f"Share of the map inside the deciding feature. {', '.join(rows)}"


def reason_title(reason: Reason) -> str:
    """Which measure it is and for what it stands, in Markdown, with a sign."""
    measure = _TITLES.get(reason.measure, reason.measure[0].upper() + reason.measure[1:])
    return f"{ICONS[reason.stands]} **{measure}**, {_STANDS[reason.stands]}:"


NOT_COMPARED = (
    "Where this lies among held-out pictures is known for Grad-CAM at the last stage alone, of networks whose card has "
    "a sweep, and of diagnoses that were among its pictures."
)


def among_held_out(share: float, held_out: InsideReport, title: str) -> str:
    """Where one picture's share lies among those of the held-out pictures of the same diagnosis."""
    spread, hits = held_out.share, held_out.hits
    low, high = spread.quantiles[5], spread.quantiles[15]
    steps = {quantile: spread.quantiles.index(quantile) for quantile in spread.quantiles}  # of equal ones the first
    place = float(np.interp(share, [*steps], [*steps.values()])) / (len(spread.quantiles) - 1)
    return (
        f"Of {spread.n} held-out pictures of {title}, the middle half have {percent(low)} to {percent(high)}; this map "
        f"has more than about {percent(place)} of them. The maximum lies inside in {percent(hits.value)} of them "
        f"(95 % interval: {percent(hits.low)} to {percent(hits.high)})."
    )


def inside_alt(found: Inside, held_out: InsideReport) -> str:
    """Alternative text of one map's share beside those of held-out pictures."""
    quantiles = held_out.share.quantiles
    low, first, middle, third, high = (percent(quantiles[step]) for step in (1, 5, 10, 15, 19))
    return (
        f"Share inside the lesion. This map {percent(found.lesion_share)}, an even map {percent(found.area_share)}; "
        f"held-out pictures {low} to {high}, the middle half {first} to {third}, the median {middle}"
    )


def curves_alt(findings: Findings) -> str:
    """Alternative text of the two curves."""
    if findings.compared is None:
        return "No curves"
    own, others = findings.compared.own, findings.compared.references
    rows = (("the map", own), ("random blocks", others.chance), ("a blob in the middle", others.centre))
    areas = (f"{name}: {each.deletion.auc:.2f} and {each.insertion.auc:.2f}" for name, each in rows)
    return f"Areas under deletion and insertion. {'; '.join(areas)}"


def randomisation_alt(findings: Findings) -> str:
    """Alternative text of what is left of the map as the network forgets."""
    found = findings.randomised or {}
    return "Rank correlation as the network forgets. " + ", ".join(
        f"{stage_title(level)} {each.rank_correlation:.2f}" for level, each in found.items()
    )


def stability_alt(found: Stability) -> str:
    """Alternative text of the changes by kind."""
    return (
        f"Largest relative change of the map. Noise {percent(found.noise)}, shift {percent(found.shift)}, "
        f"JPEG {percent(found.jpeg)}, mirror {percent(found.flip)}"
    )


def is_measurable(value: float) -> bool:
    """Whether a measure gave a figure at all; without positive evidence it gives NaN."""
    return not math.isnan(value)
