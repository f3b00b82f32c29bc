"""What the results are in words: numbers, sentences beside the pictures, and alternative texts for screen readers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from skinvision.card import ModelCard
from skinvision.figures import percent as percent
from skinvision.geometry import crop
from skinvision.intake import QUALITY
from skinvision.methods import METHODS
from skinvision.reports import ClassificationReport
from skinvision.types import Analysis, Case, Explanation, LesionMask, Prediction

_LEARNT_FROM = {
    "dermoscopy": "dermoscopy alone, not ordinary photographs",
    "photograph": "ordinary photographs alone, not dermoscopy",
    "synthetic": "synthetic lesions alone, of no real person",
}
_CUT = 0.05  # of the picture's edge


def number(value: float) -> str:
    """``value`` ≥ 0 with one place after the point, or with two significant digits below 1."""
    return f"{value:.1f}" if value >= 1 else f"{value:#.2g}"


def method_title(method: str) -> str:
    """The method's name as its authors write it."""
    return METHODS[method].title if method in METHODS else method


def stage_title(stage: str, stages: Sequence[str] = ()) -> str:
    """How a stage is called, such as "Stage 4" for ``stage4``; "Stage 4 (last)" where ``stages`` are all there are."""
    number = stage.removeprefix("stage")
    title = f"Stage {number}" if number.isdigit() else stage.capitalize()
    ends = {stages[0]: " (first)", stages[-1]: " (last)"} if stages else {}
    return title + ends.get(stage, "")


def picture_alt(case: Case) -> str:
    """Alternative text of the picture."""
    return f"The picture, {case.width} × {case.height} pixels"


def mask_alt(analysis: Analysis, card: ModelCard) -> str:
    """Alternative text of the mask over the picture; ``card`` of the classifier."""
    if held_back(analysis.mask, card):
        return "The picture without an outline, which is not to be trusted here"
    if analysis.mask.box is None:
        return "The lesion mask is empty: no lesion was found"
    return f"The lesion mask covers {percent(analysis.mask.area_fraction)} of the picture"


def heatmap_alt(analysis: Analysis, card: ModelCard, target: str) -> str:
    """Alternative text of the heatmap over the picture."""
    explanation = analysis.explanation(target)
    heatmap = f"{method_title(explanation.method)} heatmap for {card.title_of(target)}"
    if explanation.peak <= 0:
        return f"{heatmap}: no positive evidence"
    return f"{heatmap}: peak {number(explanation.peak)} logits per cell{share_alt(explanation, analysis.mask, card)}"


def share_alt(explanation: Explanation, mask: LesionMask, card: ModelCard, sought: str = "the lesion") -> str:
    """The end of a map's alternative text: how much of it lies inside what was sought; "" where that is not known."""
    if held_back(mask, card) or mask.box is None or math.isnan(explanation.lesion_share):
        return ""
    return f", {percent(explanation.lesion_share)} of the evidence inside {sought}"


def probabilities_alt(prediction: Prediction, card: ModelCard) -> str:
    """Alternative text of the bar chart: every class, most probable first."""
    ranked = sorted(prediction.labels, key=prediction.probability, reverse=True)
    values = (f"{card.title_of(label)} {percent(prediction.probability(label))}" for label in ranked)
    return f"Calibrated probabilities: {', '.join(values)}"


def prediction_set_sentence(prediction: Prediction, card: ModelCard) -> str:
    """What the prediction set says, and how often such sets are right; of a strange picture, nobody knows that."""
    titles = [card.title_of(label) for label in prediction.prediction_set]
    if not titles:
        return "No diagnosis is likely enough to be named: the model does not know."
    if not prediction.in_distribution:
        return f"The model would say: {', '.join(titles)}. How often that is right of such a picture is unknown."
    often = f" {_times(card.calibration.coverage)}" if card.calibration else ""
    if len(titles) == 1:  # sets of one are right less often where their diagnosis has little probability
        over_all = f" Over all pictures, sets hold the answer{often}." if often else ""
        return f"One diagnosis alone is likely enough to be named: {titles[0]}.{over_all}"
    return f"The answer is one of these{often and ','}{often}: {', '.join(titles)}."


def evidence_sentence(analysis: Analysis, card: ModelCard, target: str) -> str:
    """How much of the evidence for ``target`` lies inside the lesion, against the lesion's share of what was seen.

    A network that sees a box around the lesion has its evidence there in any case: the share of the box counts then.
    """
    explanation = analysis.explanation(target)
    if math.isnan(explanation.lesion_share):
        return f"There is no positive evidence for {card.title_of(target)} at this stage."
    if held_back(analysis.mask, card):
        return "Where the lesion is, is not known here, so there is nothing to compare the evidence with."
    even = even_share(explanation, analysis.mask)
    if even == 0:
        return "No lesion was found, so there is nothing to compare the evidence with."
    seen = "what the network saw" if explanation.is_boxed else "the picture"
    inside, ratio = percent(explanation.lesion_share), explanation.lesion_share / even
    return (
        f"{inside} of the positive evidence lies inside the lesion, which fills {percent(even)} of {seen}: "
        f"about {ratio:.1f} × its share."
    )


def even_share(explanation: Explanation, mask: LesionMask) -> float:
    """The lesion's share of what the network saw, which an even map would have inside it."""
    return float(crop(mask.binary, explanation.region).mean())


def track_record(prediction: Prediction, card: ModelCard) -> str | None:
    """How often this answer was right on held-out pictures, what it was given to by mistake most, and how much of that
    is found.

    None where nobody measured it, or of a picture unlike those.
    """
    report, top = card.test, prediction.top
    if not isinstance(report, ClassificationReport) or top not in report.labels or not prediction.in_distribution:
        return None
    column = report.labels.index(top)
    called = {label: counts[column] for label, counts in zip(report.labels, report.confusion, strict=True)}
    total, right = sum(called.values()), called.pop(top)
    if not total:
        return f"The model gave that answer to none of {report.n} held-out pictures."
    pictures = "picture" if total == 1 else "pictures"
    said = f"The model called {total} held-out {pictures} {card.title_of(top)}, {right} of them rightly."
    label = max(called, key=called.__getitem__, default=top)
    if label == top or not called[label]:
        return said
    title, recall = card.title_of(label), percent(report.per_class[label].recall or 0.0)
    return f"{said} The most frequent mistake: {called[label]} × {title}. Of all pictures of {title} it finds {recall}."


def lines_note(outlined: LesionMask | None, *explanations: Explanation) -> str:
    """What the lines upon maps are, of what is ``outlined`` and of the box; "" where there are none."""
    lines = ["outline is where the segmenter finds the lesion"] * bool(outlined)
    lines += ["box is what the network saw"] * any(each.is_boxed for each in explanations)
    return f"The {', the '.join(lines)}." if lines else ""


def outlier_warning(prediction: Prediction, card: ModelCard) -> str | None:
    """A plain warning where the picture is unlike the training pictures; None where it is not."""
    if prediction.in_distribution:
        return None
    score, usual = _apart(prediction.ood_score, card.outlier.threshold if card.outlier else 0.0)
    limit = f", where up to {usual} is usual" if card.outlier else ""
    return (
        "This picture is unlike anything the model was trained on, so its answer means nothing here "
        f"(strangeness {score}{limit}). The model knows {_LEARNT_FROM[card.modality]}."
    )


def held_back(mask: LesionMask, card: ModelCard) -> bool:
    """Whether an outline is better not shown: on a photograph, where it leaves the picture.

    Segmenters learnt from dermoscopy. On photographs they find single spots, but where what is ill has no clear border
    they take the limb for the lesion.
    """
    return card.modality == "photograph" and _leaves(mask)


def _leaves(mask: LesionMask) -> bool:
    """Whether a network's outline leaves the picture."""
    return not mask.by_hand and mask.edge_fraction > _CUT


def outline(analysis: Analysis, card: ModelCard) -> LesionMask | None:
    """The mask if its outline may be drawn upon maps: of something, and not one that is not to be trusted.

    Of a picture that a classifier for dermoscopy finds strange, which may be a photograph, the same is held back as of
    one that is known for a photograph.
    """
    mask, may_be_photograph = analysis.mask, card.modality == "photograph" or not analysis.prediction.in_distribution
    return None if mask.box is None or (may_be_photograph and _leaves(mask)) else mask


def outline_notice(mask: LesionMask, card: ModelCard) -> str | None:
    """What a network's outline is worth on the pictures that ``card``'s classifier is for; None but for photographs."""
    if card.modality != "photograph" or mask.by_hand:
        return None
    if held_back(mask, card):
        return (
            "No outline is shown. The network for it learnt from dermoscopy; on this photograph its outline leaves the "
            "picture, as it does where it takes a limb for the lesion."
        )
    return "The network for the outline learnt from dermoscopy: on a photograph, check it by eye."


def same_files(names: Sequence[str]) -> str:
    """That other files were equal to this one."""
    some = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
    return f"1 more file is the same: {some}." if len(names) == 1 else f"{len(names)} more files are the same: {some}."


def notes(case: Case) -> list[str]:
    """What may spoil the analysis, then what was changed when the picture came in."""
    return [*(QUALITY[code] for code in case.quality), *case.notes]


def _apart(one: float, other: float) -> tuple[str, str]:
    """Both with one place after the point, or as many more as it takes to tell them apart."""
    written = ((f"{one:.{places}f}", f"{other:.{places}f}") for places in range(1, 9))
    return next((pair for pair in written if pair[0] != pair[1]), (f"{one}", f"{other}"))


def _times(coverage: float) -> str:
    """0.9 as "9 times in 10"."""
    share = Fraction(coverage).limit_denominator(100)
    return f"{share.numerator} times in {share.denominator}"
