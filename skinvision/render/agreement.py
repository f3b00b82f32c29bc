"""What several models say of one picture, in words: where they agree, where they do not, and what that is worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from skinvision.card import ModelCard
from skinvision.comparison import Comparison, cell_area, dice
from skinvision.render.words import even_share, method_title, number, percent, share_alt
from skinvision.types import Analysis, Explanation, LesionMask

NO_PROOF = "Agreement is no proof: networks that learnt from the same pictures can share a mistake."
CHECK_OUTLINES = "Networks for the outline learnt from dermoscopy: on any other picture, check it by eye."
_SAME = 0.005  # probabilities nearer than this are the same in whole percent
_SAME_CELLS = 1.001


def verdict_sentence(comparison: Comparison, card: ModelCard) -> str:
    """Whether all name the same disease, and which of them names what, with what probability."""
    named: dict[str, list[str]] = {}
    for name, analysis in zip(comparison.names, comparison.analyses, strict=True):
        top = analysis.prediction.top
        named.setdefault(top, []).append(f"{name} with {percent(analysis.prediction.probability(top))}")
    if len(named) == 1:
        ((label, who),) = named.items()
        return f"{_all(comparison)} name {card.title_of(label)}: {listed(who)}."
    ranked = sorted(named.items(), key=lambda item: -len(item[1]))
    verdicts = (f"{card.title_of(label)}: {listed(who)}." for label, who in ranked)
    return f"They disagree. {' '.join(verdicts)}"


def sets_sentence(comparison: Comparison, card: ModelCard) -> str:
    """What the prediction sets have in common: all of them, or else two at a time."""
    sets = dict(zip(comparison.names, (a.prediction.prediction_set for a in comparison.analyses), strict=True))
    common = _in_all(comparison, sets.values())
    empty = [name for name, labels in sets.items() if not labels]
    if len(empty) == len(sets):
        said = f"{_all(comparison)} leave their prediction sets empty"
        return f"{said}: no diagnosis is likely enough to be named."
    if common and len({frozenset(labels) for labels in sets.values()}) == 1:
        said = f"The prediction sets are the same: {_titles(common, card)}."
    elif common:
        said = f"{_all(comparison)} have {_titles(common, card)} in their prediction sets."
    else:
        said = _pairs_sentence(comparison, sets, card)
    return f"{said} {listed(empty)} name{_s(empty)} nothing: no diagnosis is likely enough." if empty else said


def difference_sentence(comparison: Comparison, card: ModelCard) -> str:
    """The class with the largest range of probabilities."""
    label = max(comparison.labels, key=comparison.spread)
    if comparison.spread(label) < _SAME:
        return "They give every diagnosis the same probability, to within half a percent."
    shares = dict(zip(comparison.names, comparison.probabilities(label), strict=True))
    low, high = min(shares, key=lambda name: shares[name]), max(shares, key=lambda name: shares[name])
    return (
        f"They differ most about {card.title_of(label)}: "
        f"from {percent(shares[low])} by {low} to {percent(shares[high])} by {high}."
    )


def strangeness_warning(comparison: Comparison) -> str | None:
    """Which of them find the picture unlike their training pictures; None where none does."""
    pairs = zip(comparison.names, comparison.analyses, strict=True)
    strange = [name for name, analysis in pairs if not analysis.prediction.in_distribution]
    if not strange:
        return None
    were, answers = ("was", "its answer means") if len(strange) == 1 else ("were", "their answers mean")
    return f"The picture is unlike anything that {listed(strange)} {were} trained on, so {answers} nothing here."


def scale_sentence(comparison: Comparison, label: str) -> str:
    """In what unit the heatmaps of ``label`` are, and how far their colours can be compared."""
    areas = [cell_area(analysis.explanation(label)) for analysis in comparison.analyses]
    if max(areas) > _SAME_CELLS * min(areas):
        largest = comparison.names[areas.index(max(areas))]
        unit = f"in logits per cell as large as those of {largest}, because the networks' cells differ in size"
    else:
        unit = "in logits per cell"
    return (
        f"All maps share one scale, {unit}. Logits run larger in some networks than in others, which does not make "
        "them surer: compare where the evidence lies rather than how bright it is."
    )


def evidence_note(analysis: Analysis, label: str) -> str:
    """What stands under one model's heatmap of ``label``."""
    explanation = analysis.explanation(label)
    probability = f"Probability {percent(analysis.prediction.probability(label))}"
    if explanation.peak <= 0:
        return f"{probability}; no positive evidence."
    if analysis.mask.box is None:
        return f"{probability}; no lesion was found."
    inside, even = percent(explanation.lesion_share), percent(even_share(explanation, analysis.mask))
    return f"{probability}; {inside} of the positive evidence lies inside the lesion. An even map: {even}."


def overlap_sentences(masks: Mapping[str, LesionMask]) -> list[str]:
    """How far the masks overlap, for every two of them; ``masks`` by the names of the segmenters."""
    return [_overlap(one, other, masks) for one, other in combinations(masks, 2)]


def probabilities_alt(comparison: Comparison, card: ModelCard) -> str:
    """Alternative text of the grouped bars: every class in their order, with what each model says."""
    rows = (
        f"{card.title_of(label)}: "
        + ", ".join(
            f"{name} {percent(share)}"
            for name, share in zip(comparison.names, comparison.probabilities(label), strict=True)
        )
        for label in comparison.labels
    )
    return f"Calibrated probabilities. {'; '.join(rows)}"


def heatmap_alt(name: str, explanation: Explanation, mask: LesionMask, card: ModelCard) -> str:
    """Alternative text of one model's heatmap."""
    heatmap = f"{method_title(explanation.method)} heatmap by {name} for {card.title_of(explanation.target)}"
    if explanation.peak <= 0:
        return f"{heatmap}: no positive evidence"
    return f"{heatmap}: peak {number(explanation.peak)} logits per cell{share_alt(explanation, mask, card)}"


def mask_alt(name: str, mask: LesionMask) -> str:
    """Alternative text of one segmenter's mask."""
    if mask.box is None:
        return f"The lesion mask by {name} is empty: no lesion was found"
    return f"The lesion mask by {name} covers {percent(mask.area_fraction)} of the picture"


def listed(names: Sequence[str]) -> str:
    """ "A", "A and B", "A, B and C"."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _all(comparison: Comparison) -> str:
    return "Both" if len(comparison.names) == 2 else f"All {len(comparison.names)}"


def _s(who: Sequence[str]) -> str:
    """The ending of what one does, and several do."""
    return "s" if len(who) == 1 else ""


def _in_all(comparison: Comparison, sets: Iterable[Sequence[str]]) -> list[str]:
    sets = list(sets)
    return [label for label in comparison.labels if all(label in labels for labels in sets)]


def _titles(labels: Sequence[str], card: ModelCard) -> str:
    return listed([card.title_of(label) for label in labels])


def _pairs_sentence(comparison: Comparison, sets: Mapping[str, Sequence[str]], card: ModelCard) -> str:
    pairs = ((pair, _in_all(comparison, [sets[name] for name in pair])) for pair in combinations(sets, 2))
    shared = [f"{listed(pair)} share {_titles(common, card)}" for pair, common in pairs if common]
    if not shared:
        return "No two prediction sets have a diagnosis in common."
    return f"No diagnosis is in all prediction sets; {'; '.join(shared)}."


def _overlap(one: str, other: str, masks: Mapping[str, LesionMask]) -> str:
    score = dice(masks[one], masks[other])
    if score is None:
        return f"Neither {one} nor {other} found a lesion."
    for name, partner in ((one, other), (other, one)):
        if masks[name].box is None:
            return f"{partner} found a lesion where {name} found none."
    return f"The masks of {one} and {other} overlap: Dice {score:.2f}, where 1 is the same mask and 0 no overlap."
