"""What a network says of a picture under stress, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from skinvision.card import ModelCard
from skinvision.render.words import held_back, percent
from skinvision.stress import Artefact
from skinvision.types import Analysis, Prediction

BOX = (
    "This network sees only the box around the lesion, which is drawn: what lies outside of it cannot change its "
    "answer, and where the lesion goes, the box goes too."
)
BOTH_WAYS = "This network looks at every picture upside down too, so that to turn it by 180° changes next to nothing."
OUTLINE = "The outline upon a heatmap is the lesion as the segmenter found it, where any of it is left."
OWN_OUTLINE = "The outline of the lesion is the one that you drew."
STRANGE = "Unlike the training pictures, so this answer means nothing."
PAINT = "Paint over it"


def answer(after: Analysis, before: Analysis, card: ModelCard, target: str) -> str:
    """The answer, and the probability of the explained class against what it was."""
    top = after.prediction.top
    if after is before:
        return f"{card.title_of(top)}, {percent(after.prediction.probability(top))}."
    said = f"{_verdict(after, before, card)} {_moved(after, before, card, target)}"
    return said if after.prediction.in_distribution else f"{STRANGE} {said}"


def change_sentence(after: Analysis, before: Analysis, card: ModelCard, target: str) -> str:
    """The same, with how much of the evidence lies inside the lesion before and after."""
    shares = [analysis.explanation(target).lesion_share for analysis in (before, after)]
    said = answer(after, before, card, target)
    unknown = any(share != share for share in shares)  # NaN: one of them has no positive evidence
    if unknown or after.mask.box is None or before.mask.box is None or held_back(before.mask, card):
        return said
    return f"{said} Evidence inside the lesion: {percent(shares[0])} before, {percent(shares[1])} now."


def known(artefact: Artefact, card: ModelCard) -> list[str]:
    """What is known before it is tried: of the network, and from the literature."""
    by_construction = artefact.name == "turn" and card.looks == 2
    return [*([BOTH_WAYS] if by_construction else []), *([artefact.note] if artefact.note else [])]


def strength_help(artefact: Artefact) -> str:
    """What the ends of the slider mean."""
    ends = [f"−100 %: {artefact.reverse}"] if artefact.reverse else []
    return "; ".join([*ends, f"0 %: {artefact.none}", f"100 %: {artefact.full}"]) + "."


def series(title: str, prediction: Prediction) -> str:
    """What one prediction is called in the legend."""
    return title if prediction.in_distribution else f"{title} (unlike the training pictures)"


def probabilities_alt(predictions: Mapping[str, Prediction], labels: Sequence[str], card: ModelCard) -> str:
    """Alternative text of the grouped bars."""
    rows = (
        f"{card.title_of(label)}: "
        + ", ".join(f"{title.lower()} {percent(each.probability(label))}" for title, each in predictions.items())
        for label in labels
    )
    return f"Calibrated probabilities. {'; '.join(rows)}"


def notable(predictions: Mapping[str, Prediction], least: float) -> list[str]:
    """The labels to which any of the predictions gives ``least`` or more, the most probable by the first on top."""
    first = next(iter(predictions.values()))
    ranked = sorted(first.labels, key=first.probability, reverse=True)
    return [label for label in ranked if any(each.probability(label) >= least for each in predictions.values())]


def _verdict(after: Analysis, before: Analysis, card: ModelCard) -> str:
    now, then = after.prediction.top, before.prediction.top
    if now == then:
        return f"The answer stays: {card.title_of(now)}."
    return f"The answer changes from {card.title_of(then)} to {card.title_of(now)}."


def _moved(after: Analysis, before: Analysis, card: ModelCard, target: str) -> str:
    then, now = (analysis.prediction.probability(target) for analysis in (before, after))
    return f"{card.title_of(target)}: {percent(then)} before, {percent(now)} now."
