"""Held-out figures, through the same code that an upload goes through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import segmentation_models_pytorch as smp
import torch
from numpy.typing import NDArray
from scipy import stats
from sklearn import metrics
from tqdm import tqdm

from skinvision.card import ModelCard, Task
from skinvision.classify import classify
from skinvision.errors import DataRejected, WeightsRejected
from skinvision.geometry import resize
from skinvision.models.registry import DEFAULTS, LoadedModel, load
from skinvision.reports import ClassificationReport, ClassReport, Curve, ReliabilityBin, SegmentationReport
from skinvision.segment import segment
from skinvision.training.data import Sample, called, read_labelled, read_mask, read_table
from skinvision.training.groups import group_reports
from skinvision.training.intervals import Bootstrap, rounded, wilson
from skinvision.trust import probabilities
from skinvision.types import Prediction

_BINS = 15
_DICE_BINS = 20


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
    loaded = load_for(task, model)
    samples = read_table(data, split)
    if task == "segmentation":
        return evaluate_segmentation(loaded, samples)
    return evaluate_classification(loaded, segmenter_for(loaded.card), samples)


def load_for(task: Task, name: str | None) -> LoadedModel:
    """The model ``name``, or the default one.

    Raises:
        UnknownName, WeightsRejected: as ``registry.load``; also where the model is for the other task.
    """
    loaded = load(name or DEFAULTS[task])
    if loaded.card.task != task:
        raise WeightsRejected(f"a model for {task}", f"{loaded.card.name}, for {loaded.card.task}", "choose another")
    return loaded


def segmenter_for(card: ModelCard) -> LoadedModel | None:
    """What finds the lesion for a classifier of this card; None where it looks at whole pictures.

    Raises:
        UnknownName, WeightsRejected: as ``registry.load``.
    """
    return load(DEFAULTS["segmentation"]) if card.region != "whole" else None


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
    thresholded = np.where(jaccard >= 0.65, jaccard, 0)
    again = Bootstrap.over([sample.lesion_id for sample in samples])
    return SegmentationReport(
        n=len(samples),
        dice=rounded(dice.mean()),
        dice_interval=again.mean(dice),
        jaccard=rounded(jaccard.mean()),
        jaccard_interval=again.mean(jaccard),
        thresholded_jaccard=rounded(thresholded.mean()),
        thresholded_jaccard_interval=again.mean(thresholded),
        sensitivity=rounded(sensitivity.mean()),
        sensitivity_interval=again.mean(sensitivity),
        specificity=rounded(specificity.mean()),
        specificity_interval=again.mean(specificity),
        dice_histogram=tuple(np.histogram(dice, _DICE_BINS, (0, 1))[0].tolist()),
    )


def evaluate_classification(
    model: LoadedModel, segmenter: LoadedModel | None, samples: Iterable[Sample]
) -> ClassificationReport:
    """Figures over the pictures whose diagnosis the model knows, also by a name of another data set (``called``); the
    others are counted, not scored.

    Args:
        segmenter: finds the lesion for a model that does not look at the whole picture; else None.

    Raises:
        DataRejected: no picture has a diagnosis that the model knows.
    """
    samples = called(samples, model.card.labels)
    known = [sample for sample in samples if sample.dx in model.card.labels]
    unscored = Counter(sample.dx for sample in samples if sample.dx not in model.card.labels)
    if not known:
        raise DataRejected(
            f"diagnoses among {', '.join(model.card.labels)}", ", ".join(unscored), "map the names first"
        )
    predictions = [predict_sample(model, segmenter, sample) for sample in tqdm(known, desc="classifying")]
    return report(predictions, known, dict(unscored))


def predict_sample(model: LoadedModel, segmenter: LoadedModel | None, sample: Sample) -> Prediction:
    """The prediction for one picture of a table."""
    case = read_labelled(sample.image)
    return classify(model, case, segment(segmenter, case) if segmenter else None)


def report(
    predictions: Sequence[Prediction], samples: Sequence[Sample], unscored: dict[str, int]
) -> ClassificationReport:
    """Figures of predictions (N) against the diagnoses of their samples (N), all of which the model knows."""
    labels = predictions[0].labels
    truth = np.array([labels.index(sample.dx) for sample in samples])
    numbers = np.arange(len(labels))
    probability = np.stack([p.probabilities for p in predictions]).astype(np.float64)  # (N, K)
    probability /= probability.sum(axis=1, keepdims=True)
    uncalibrated = probabilities(np.stack([p.logits for p in predictions]), 1.0)
    guess = probability.argmax(axis=1)
    right = guess == truth
    again = Bootstrap.over([sample.lesion_id for sample in samples], truth)
    confusion = metrics.confusion_matrix(truth, guess, labels=numbers)
    per_class = {label: _class_report(k, confusion, probability[:, k], truth) for k, label in enumerate(labels)}
    areas = [figures.auc for figures in per_class.values() if figures.auc is not None]
    reliability, ece = _reliability(probability, truth)
    reliability_uncalibrated, ece_uncalibrated = _reliability(uncalibrated, truth)
    sets = [p.prediction_set for p in predictions]
    return ClassificationReport(
        n=len(truth),
        accuracy=rounded(right.mean()),
        accuracy_interval=again.mean(right),
        balanced_accuracy=rounded(np.mean([f.recall for f in per_class.values() if f.recall is not None])),
        balanced_accuracy_interval=again.macro_recall(guess, truth),
        macro_f1=rounded(metrics.f1_score(truth, guess, labels=np.unique(truth), average="macro", zero_division=0)),
        macro_f1_interval=again.macro_f1(guess, truth),
        macro_auc=rounded(np.mean(areas)) if areas else None,
        macro_auc_interval=again.macro_auc(probability, truth),
        nll=rounded(metrics.log_loss(truth, probability, labels=numbers)),
        ece=ece,
        ece_interval=again.ece(probability.max(axis=1), right, _BINS),
        ece_uncalibrated=ece_uncalibrated,
        coverage=rounded(np.mean([labels[t] in s for t, s in zip(truth, sets, strict=True)])),
        mean_set_size=rounded(np.mean([len(s) for s in sets])),
        kept=rounded(np.mean([p.in_distribution for p in predictions])),
        per_class=per_class,
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        labels=labels,
        unscored=unscored,
        roc={label: curve for k, label in enumerate(labels) if (curve := _roc(probability[:, k], truth == k))},
        reliability=reliability,
        reliability_uncalibrated=reliability_uncalibrated,
        groups=group_reports(samples, right, labels),
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
    both = 0 < present < len(truth)
    return ClassReport(
        n=present,
        recall=rounded(hit / present) if present else None,
        precision=rounded(hit / named) if named else None,
        auc=rounded(metrics.roc_auc_score(truth == k, score)) if both else None,
        recall_interval=wilson(hit, present),
        precision_interval=wilson(hit, named),
    )


def _reliability(
    probability: NDArray[np.floating], truth: NDArray[np.int64]
) -> tuple[tuple[ReliabilityBin, ...], float]:
    """Bins of equal width over the confidence in the predicted class, and their expected calibration error."""
    confidence, right = probability.max(axis=1), probability.argmax(axis=1) == truth
    (means, shares), _, number = stats.binned_statistic(confidence, [confidence, right], "mean", _BINS, (0, 1))
    counts = np.bincount(number, minlength=_BINS + 2)[1:-1]
    bins = tuple(
        ReliabilityBin(rounded(mean), rounded(share), int(n))
        for mean, share, n in zip(means, shares, counts, strict=True)
        if n
    )
    return bins, rounded(sum(b.n * abs(b.confidence - b.accuracy) for b in bins) / len(truth))


def _roc(score: NDArray[np.float64], positive: NDArray[np.bool_]) -> Curve | None:
    """The ROC curve read off at 101 evenly spaced false positive rates; None unless both kinds are present."""
    if positive.all() or not positive.any():
        return None
    false_rate, true_rate, _ = metrics.roc_curve(positive, score)
    grid = np.linspace(0, 1, 101)
    read_off = np.interp(grid, false_rate, true_rate)
    return Curve(tuple(rounded(x) for x in grid), tuple(rounded(y) for y in read_off))
