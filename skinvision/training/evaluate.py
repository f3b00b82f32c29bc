"""Held-out figures, through the same code that an upload goes through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import segmentation_models_pytorch as smp
import torch
from numpy.typing import NDArray
from scipy import stats
from sklearn import metrics
from tqdm import tqdm

from skinvision.card import (
    ClassificationReport,
    ClassReport,
    Curve,
    ReliabilityBin,
    SegmentationReport,
    Task,
)
from skinvision.classify import classify
from skinvision.errors import DataRejected, WeightsRejected
from skinvision.geometry import resize
from skinvision.models.registry import DEFAULTS, LoadedModel, load
from skinvision.segment import segment
from skinvision.training.data import Sample, read_labelled, read_mask, read_table
from skinvision.trust import probabilities
from skinvision.types import Prediction

_BINS = 15
_DICE_BINS = 20
_RESAMPLES = 2000


def evaluate(
    task: Task, data: Path, split: str | None = None, model: str | None = None
) -> SegmentationReport | ClassificationReport:
    """Figures of one model on a folder of labelled pictures, or on one of its splits.

    Args:
        model: name; the default one of the task if None.

    Raises:
        DataRejected: the folder does not have the layout that is read.
        UnknownName, WeightsRejected: as ``registry.load``; also where the model is for the other task.
    """
    loaded = load(model or DEFAULTS[task])
    if loaded.card.task != task:
        raise WeightsRejected(f"a model for {task}", f"{loaded.card.name}, for {loaded.card.task}", "choose another")
    samples = read_table(data, split)
    if task == "segmentation":
        return evaluate_segmentation(loaded, samples)
    segmenter = load(DEFAULTS["segmentation"]) if loaded.card.region != "whole" else None
    return evaluate_classification(loaded, segmenter, samples)


def evaluate_segmentation(model: LoadedModel, samples: Iterable[Sample]) -> SegmentationReport:
    """Dice, Jaccard, sensitivity and specificity per picture at the size of the true mask, and their means.

    A picture without a lesion scores 1 where the mask is empty too, else 0.

    Raises:
        DataRejected: a picture has no mask.
    """
    samples = tuple(samples)
    counts = torch.cat([_pixel_counts(model, sample) for sample in tqdm(samples, desc="segmenting")])  # (N, 4)
    columns = [column[:, None] for column in counts.T]  # true positive, false positive, false negative, true negative
    dice, jaccard, sensitivity, specificity = (
        measure(*columns, reduction=None, zero_division=1.0)[:, 0].numpy()
        for measure in (
            smp.metrics.f1_score,
            smp.metrics.iou_score,
            smp.metrics.sensitivity,
            smp.metrics.specificity,
        )
    )
    return SegmentationReport(
        n=len(samples),
        dice=_rounded(dice.mean()),
        jaccard=_rounded(jaccard.mean()),
        jaccard_interval=_mean_interval(jaccard),
        thresholded_jaccard=_rounded(np.where(jaccard >= 0.65, jaccard, 0).mean()),
        sensitivity=_rounded(sensitivity.mean()),
        specificity=_rounded(specificity.mean()),
        dice_histogram=tuple(np.histogram(dice, _DICE_BINS, (0, 1))[0].tolist()),
    )


def evaluate_classification(
    model: LoadedModel, segmenter: LoadedModel | None, samples: Iterable[Sample]
) -> ClassificationReport:
    """Figures over the pictures whose diagnosis the model knows; the others are counted, not scored.

    Args:
        segmenter: finds the lesion for a model that does not look at the whole picture; else None.

    Raises:
        DataRejected: no picture has a diagnosis that the model knows.
    """
    samples = tuple(samples)
    known = [sample for sample in samples if sample.dx in model.card.labels]
    unscored = Counter(sample.dx for sample in samples if sample.dx not in model.card.labels)
    if not known:
        raise DataRejected(
            f"diagnoses among {', '.join(model.card.labels)}", ", ".join(unscored), "map the names first"
        )
    predictions = [predict_sample(model, segmenter, sample) for sample in tqdm(known, desc="classifying")]
    truth = np.array([model.card.labels.index(sample.dx) for sample in known])
    return report(predictions, truth, dict(unscored))


def predict_sample(model: LoadedModel, segmenter: LoadedModel | None, sample: Sample) -> Prediction:
    """The prediction for one picture of a table."""
    case = read_labelled(sample.image)
    return classify(model, case, segment(segmenter, case) if segmenter else None)


def report(predictions: list[Prediction], truth: NDArray[np.int64], unscored: dict[str, int]) -> ClassificationReport:
    """Figures of predictions (N) against class numbers (N,)."""
    labels = predictions[0].labels
    numbers = np.arange(len(labels))
    probability = np.stack([p.probabilities for p in predictions]).astype(np.float64)  # (N, K)
    probability /= probability.sum(axis=1, keepdims=True)
    uncalibrated = probabilities(np.stack([p.logits for p in predictions]), 1.0)
    guess = probability.argmax(axis=1)
    confusion = metrics.confusion_matrix(truth, guess, labels=numbers)
    per_class = {label: _class_report(k, confusion, probability[:, k], truth) for k, label in enumerate(labels)}
    areas = [figures.auc for figures in per_class.values() if figures.auc is not None]
    reliability, ece = _reliability(probability, truth)
    reliability_uncalibrated, ece_uncalibrated = _reliability(uncalibrated, truth)
    sets = [p.prediction_set for p in predictions]
    return ClassificationReport(
        n=len(truth),
        accuracy=_rounded((guess == truth).mean()),
        balanced_accuracy=_rounded(np.mean([f.recall for f in per_class.values() if f.recall is not None])),
        balanced_accuracy_interval=_balanced_interval(confusion),
        macro_f1=_rounded(metrics.f1_score(truth, guess, labels=np.unique(truth), average="macro", zero_division=0)),
        macro_auc=_rounded(np.mean(areas)) if areas else None,
        nll=_rounded(metrics.log_loss(truth, probability, labels=numbers)),
        ece=ece,
        ece_uncalibrated=ece_uncalibrated,
        coverage=_rounded(np.mean([labels[t] in s for t, s in zip(truth, sets, strict=True)])),
        mean_set_size=_rounded(np.mean([len(s) for s in sets])),
        kept=_rounded(np.mean([p.in_distribution for p in predictions])),
        per_class=per_class,
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        labels=labels,
        unscored=unscored,
        roc={label: curve for k, label in enumerate(labels) if (curve := _roc(probability[:, k], truth == k))},
        reliability=reliability,
        reliability_uncalibrated=reliability_uncalibrated,
    )


def _pixel_counts(model: LoadedModel, sample: Sample) -> torch.Tensor:
    truth = read_mask(sample) > 127
    mask = segment(model, read_labelled(sample.image))
    found = resize(mask.probability, *truth.shape) >= mask.threshold
    tensors = (torch.from_numpy(array)[None, None].long() for array in (found, truth))
    counts = smp.metrics.get_stats(*tensors, mode="binary")
    return torch.cat(counts, dim=1)  # (1, 4)


def _class_report(
    k: int, confusion: NDArray[np.int64], score: NDArray[np.float64], truth: NDArray[np.int64]
) -> ClassReport:
    present, hit, named = int(confusion[k].sum()), int(confusion[k, k]), int(confusion[:, k].sum())
    interval = stats.binomtest(hit, present).proportion_ci(method="wilson") if present else None
    both = 0 < present < len(truth)
    return ClassReport(
        n=present,
        recall=_rounded(hit / present) if present else None,
        precision=_rounded(hit / named) if named else None,
        auc=_rounded(metrics.roc_auc_score(truth == k, score)) if both else None,
        recall_interval=(_rounded(interval.low), _rounded(interval.high)) if interval else None,
    )


def _reliability(
    probability: NDArray[np.floating], truth: NDArray[np.int64]
) -> tuple[tuple[ReliabilityBin, ...], float]:
    """Bins of equal width over the confidence in the predicted class, and their expected calibration error."""
    confidence, right = probability.max(axis=1), probability.argmax(axis=1) == truth
    (means, shares), _, number = stats.binned_statistic(confidence, [confidence, right], "mean", _BINS, (0, 1))
    counts = np.bincount(number, minlength=_BINS + 2)[1:-1]
    bins = tuple(
        ReliabilityBin(_rounded(mean), _rounded(share), int(n))
        for mean, share, n in zip(means, shares, counts, strict=True)
        if n
    )
    return bins, _rounded(sum(b.n * abs(b.confidence - b.accuracy) for b in bins) / len(truth))


def _roc(score: NDArray[np.float64], positive: NDArray[np.bool_]) -> Curve | None:
    """The ROC curve read off at 101 evenly spaced false positive rates; None unless both kinds are present."""
    if positive.all() or not positive.any():
        return None
    false_rate, true_rate, _ = metrics.roc_curve(positive, score)
    grid = np.linspace(0, 1, 101)
    read_off = np.interp(grid, false_rate, true_rate)
    return Curve(tuple(_rounded(x) for x in grid), tuple(_rounded(y) for y in read_off))


def _balanced_interval(confusion: NDArray[np.int64]) -> tuple[float, float]:
    """95 % interval of the mean recall: each class's hits are drawn anew from its binomial distribution."""
    present = confusion.sum(axis=1)
    rows = np.flatnonzero(present)
    hits = np.random.default_rng(0).binomial(
        present[rows], confusion[rows, rows] / present[rows], (_RESAMPLES, len(rows))
    )
    low, high = np.quantile((hits / present[rows]).mean(axis=1), (0.025, 0.975))
    return _rounded(low), _rounded(high)


def _mean_interval(values: NDArray[np.floating]) -> tuple[float, float]:
    """95 % bootstrap interval of the mean of (N,) values."""
    if len(values) < 2:
        return _rounded(values.mean()), _rounded(values.mean())
    interval = stats.bootstrap(
        (values,), np.mean, n_resamples=_RESAMPLES, method="percentile", rng=np.random.default_rng(0)
    ).confidence_interval
    return _rounded(interval.low), _rounded(interval.high)


def _rounded(value: float | np.floating) -> float:
    return round(float(value), 5)
