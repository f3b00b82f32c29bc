"""What ``evaluate`` measures: held-out figures of segmenters and classifiers, as they stand on cards."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

SAME_LEAST, WORST_MOST = 0.995, 0.1  # of another engine's answers, to be used instead of torch's


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of a line: ``x`` and ``y`` of equal length."""

    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Predictions of similar confidence: their mean confidence, how many were right (share), how many there are."""

    confidence: float
    accuracy: float
    n: int


@dataclass(frozen=True, slots=True)
class ClassReport:
    """Held-out figures of one class. Intervals are Wilson's, of 95 %; ``auc`` is one against the rest.

    NaN cannot be written to JSON: a figure that does not exist, such as the recall of an absent class, is None.
    """

    n: int
    recall: float | None
    precision: float | None
    auc: float | None
    recall_interval: tuple[float, float] | None
    precision_interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class GroupReport:
    """Held-out figures of the pictures that have something in common, with Wilson's 95 % intervals.

    Attributes:
        n: pictures scored.
        accuracy: share of them named correctly; it mostly tells how many of them are nevi, which are the easiest.
        melanomas: how many of them are melanomas; 0 too where the model does not know that diagnosis.
        melanoma_recall: share of those named so.
    """

    n: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    melanomas: int
    melanoma_recall: float | None
    melanoma_interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Spread:
    """How values are spread: their quantiles in steps of 5 %, from the least (0 %) to the largest (100 %), of ``n``."""

    n: int
    quantiles: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class InsideReport:
    """How much of the evidence for a diagnosis lies inside the lesion, over its own pictures.

    Attributes:
        share: of the positive evidence, the part that lies inside.
        hits: how often the map's maximum lies inside, with Wilson's 95 % interval.
    """

    share: Spread
    hits: Interval


@dataclass(frozen=True, slots=True)
class StressReport:
    """What one change of the pictures does to a classifier; the change is one that should not matter.

    Attributes:
        title: what is done.
        flips: share of the pictures whose answer changes, with Wilson's 95 % interval.
        loss: by how much balanced accuracy falls, with a 95 % interval by a paired bootstrap over lesions.
        leaves: by how much the mean share of the evidence that lies inside the lesion falls, likewise; None where no
            picture has positive evidence before and after.
    """

    title: str
    flips: Interval
    loss: Interval
    leaves: Interval | None


@dataclass(frozen=True, slots=True)
class Sweep:
    """A classifier under stress, on held-out pictures.

    Attributes:
        n: pictures by diagnosis.
        strength: of the artefacts, as a part of the strongest.
        balanced_accuracy: on these pictures as they are; they are no fair sample of the split.
        inside: by diagnosis, where Grad-CAM at the last stage puts the evidence for it; none without any evidence.
        under: what changes do, by their names.
    """

    n: dict[str, int]
    strength: float
    balanced_accuracy: Interval
    inside: dict[str, InsideReport]
    under: dict[str, StressReport]


@dataclass(frozen=True, slots=True)
class MethodReport:
    """How faithful one method's maps of the predicted class are to a model, over held-out pictures.

    Attributes:
        n: pictures.
        deletion, insertion: mean areas under the curves, 95 % by bootstrap over lesions.
        gain: by how much both are better than in random order, in the mean of the two; likewise.
        verdicts: how many maps have each grade.
    """

    n: int
    deletion: Interval
    insertion: Interval
    gain: Interval
    verdicts: dict[str, int]


GUESSES = {
    "even": "an even map",
    "blob": "a blob in the middle",
    "lesion": "an even map of the lesion",
}


@dataclass(frozen=True, slots=True)
class FoundReport:
    """How well maps of one kind find what decides.

    Attributes:
        share: of the positive evidence, the part that lies inside the deciding feature; the mean, 95 % by bootstrap.
        hits: how often the maximum lies inside it, with Wilson's 95 % interval; None of maps that have no one maximum.
    """

    share: Interval
    hits: Interval | None


@dataclass(frozen=True, slots=True)
class TruthReport:
    """How well maps find what decides, on synthetic lesions in which that is known.

    Attributes:
        n: lesions, all named rightly.
        guesses: by a key of ``GUESSES``: what one has without looking into the network.
        maps: by stage or ``ON_PICTURE``, then by method.
    """

    n: int
    guesses: dict[str, FoundReport]
    maps: dict[str, dict[str, FoundReport]]


@dataclass(frozen=True, slots=True)
class Parity:
    """How far another engine's answers are from torch's, on held-out pictures.

    Attributes:
        n: pictures.
        same: share of them that get the same class; of a segmenter, share of all their pixels.
        worst: the largest difference of a logit, in standard deviations of the logits.
        time: it takes, as a part of torch's; in the median, on the machine that measured it.
    """

    n: int
    same: float
    worst: float
    time: float

    @property
    def holds(self) -> bool:
        """Whether the answers are near enough, and sooner there."""
        return self.same >= SAME_LEAST and self.worst <= WORST_MOST and self.time < 1


class ClassificationReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="task", tag="classification"):
    """What ``evaluate classification`` measures.

    Attributes:
        n: pictures scored.
        unscored: pictures whose diagnosis the model does not know, by diagnosis.
        balanced_accuracy: mean recall over the classes present.
        accuracy_interval and the like: 95 %, by a bootstrap over lesions; None on a card of an earlier version.
        nll, ece: of the calibrated probabilities; ece with 15 bins of equal width (Guo et al. 2017).
        coverage, mean_set_size: of the prediction sets.
        kept: share of pictures taken for in distribution.
        confusion: rows are the true labels, columns the predicted ones, in the order of ``labels``.
        roc: per label, x false positive rate, y true positive rate.
        reliability, reliability_uncalibrated: bins after and before temperature.
        groups: figures by a column of ``metadata.csv`` and its value, with ages in bands; columns that a data set lacks
            are absent.
    """

    n: int
    accuracy: float
    balanced_accuracy: float
    balanced_accuracy_interval: tuple[float, float]
    macro_f1: float
    macro_auc: float | None
    nll: float
    ece: float
    ece_uncalibrated: float
    coverage: float
    mean_set_size: float
    kept: float
    per_class: dict[str, ClassReport]
    confusion: tuple[tuple[int, ...], ...]
    labels: tuple[str, ...]
    unscored: dict[str, int]
    roc: dict[str, Curve]
    reliability: tuple[ReliabilityBin, ...]
    reliability_uncalibrated: tuple[ReliabilityBin, ...]
    accuracy_interval: tuple[float, float] | None = None
    macro_f1_interval: tuple[float, float] | None = None
    macro_auc_interval: tuple[float, float] | None = None
    ece_interval: tuple[float, float] | None = None
    groups: dict[str, dict[str, GroupReport]] = {}


class SegmentationReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="task", tag="segmentation"):
    """What ``evaluate segmentation`` measures: means over pictures, at the size of the true mask.

    Attributes:
        n: pictures scored.
        thresholded_jaccard: mean Jaccard where a picture below 0.65 counts 0 (ISIC 2018).
        dice_histogram: pictures per bin of equal width over Dice 0 … 1.
        dice_interval and the like: 95 %, by a bootstrap over lesions; None on a card of an earlier version.
    """

    n: int
    dice: float
    jaccard: float
    jaccard_interval: tuple[float, float]
    thresholded_jaccard: float
    sensitivity: float
    specificity: float
    dice_histogram: tuple[int, ...]
    dice_interval: tuple[float, float] | None = None
    thresholded_jaccard_interval: tuple[float, float] | None = None
    sensitivity_interval: tuple[float, float] | None = None
    specificity_interval: tuple[float, float] | None = None
