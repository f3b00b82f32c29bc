"""From a fitted network to a model worth shipping: all that is fitted on ``val``, then ``test`` once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn import metrics
from torch import Tensor
from tqdm import tqdm

import skinvision
from skinvision import trust
from skinvision.card import Dataset, ModelCard, Outlier
from skinvision.classify import staged
from skinvision.geometry import resize
from skinvision.models.looks import with_looks
from skinvision.models.memory import remembering
from skinvision.models.registry import LoadedModel
from skinvision.models.staged import StagedClassifier
from skinvision.segment import segment
from skinvision.training.centres import stage_offsets
from skinvision.training.data import Sample, Splits, at_most_per_class, read_labelled, read_mask
from skinvision.training.decision import Decision, balanced_likelihood, fit_decision
from skinvision.training.evaluate import evaluate_classification, evaluate_segmentation
from skinvision.training.fit import Fitted
from skinvision.training.passes import Outputs, outputs_of, passed, truth_of
from skinvision.training.recipe import Recipe
from skinvision.types import Case

_KEPT_ON_VAL = 0.95
_FEATURES_PER_CLASS = 300
_THRESHOLDS = np.linspace(0.3, 0.8, 11)
_OUTLINES = 2**31, 2**13  # bytes and pictures, of which outlines are kept from one pass to the next


class _View(NamedTuple):
    model: LoadedModel
    outputs: Outputs  # on val
    decision: Decision


def finish_segmenter(
    recipe: Recipe, fitted: Fitted, name: str, data: tuple[Dataset, ...], splits: Splits
) -> LoadedModel:
    """A segmenter with its threshold chosen by the mean Jaccard on ``val`` and its figures measured."""
    draft = _draft(recipe, fitted, name, data)
    threshold, choice = _best_threshold(draft, splits.val)
    model = replace(draft, card=replace(draft.card, threshold=threshold, choices=(choice,)))
    val = evaluate_segmentation(model, splits.val)
    test = evaluate_segmentation(model, splits.test) if splits.test else None
    return replace(model, card=replace(model.card, val=val, test=test))


def finish_classifier(
    recipe: Recipe,
    fitted: Fitted,
    name: str,
    data: tuple[Dataset, ...],
    splits: Splits,
    segmenter: LoadedModel | None,
    foreign: dict[str, list[Case]],
    background: tuple[Sample, ...] = (),
) -> LoadedModel:
    """A classifier with region, balance, temperature, prediction set and outlier rule fitted on ``val``.

    Args:
        segmenter: to try the box around the lesion with; None leaves the whole picture.
        foreign: named sets of pictures that should be noticed as strange.
        background: pictures of another kind, against which strangeness is measured.
    """
    segmenter = remembering(segmenter, *_OUTLINES) if segmenter else None
    sizes = sorted({recipe.phases[-1].size, recipe.input_size})
    frequency = _frequency(splits.train, recipe.labels)
    draft = _draft(recipe, fitted, name, data)
    best, view = _best_view(draft, segmenter, splits.val, recipe, sizes, frequency)
    (model, val, decision), looks = _best_looks(best, segmenter, splits.val, recipe, frequency)
    segmenter = segmenter if model.card.region != "whole" else None
    truth = truth_of(model.card, splits.val)
    calibration = trust.fit_calibration(val.logits + _shift_bias(model, decision.shift), truth)
    statistics, outlier = _outlier_rule(model, segmenter, splits.train, background, val.features)
    card = replace(
        model.card,
        calibration=calibration,
        outlier=outlier,
        choices=(view, *looks, decision.sentence),
        weight=decision.weight,
        stage_offsets=stage_offsets(staged(model), model.card),
    )
    model = replace(model, card=card, statistics=statistics)
    test = evaluate_classification(model, segmenter, splits.test) if splits.test else None
    card = replace(card, val=evaluate_classification(model, segmenter, splits.val), test=test)
    auroc = _foreign_auroc(model, segmenter, splits.test or splits.val, foreign)
    return replace(model, card=replace(card, outlier=replace(outlier, auroc=auroc)))


def _shift_bias(model: LoadedModel, shift: NDArray[np.float32]) -> NDArray[np.float32]:
    """Add ``shift`` (K,) to the biases of the last layer, within float16; returns what was really added."""
    bias = staged(model).head.bias
    assert isinstance(bias, Tensor)
    before = bias.clone()
    bias.copy_((before + torch.from_numpy(shift)).half())
    return (bias - before).numpy()


def _draft(recipe: Recipe, fitted: Fitted, name: str, data: tuple[Dataset, ...]) -> LoadedModel:
    """The network with its weights rounded to float16, as they will be read back, and a card without figures."""
    network = fitted.network.eval().requires_grad_(False)
    for tensor in network.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(tensor.half())
    classifies = recipe.task == "classification"
    card = ModelCard(
        name=name,
        title=recipe.title,
        task=recipe.task,
        architecture=recipe.architecture,
        labels=recipe.labels,
        titles=recipe.titles,
        input_size=recipe.input_size,
        mean=recipe.mean,
        std=recipe.std,
        region="whole",
        region_margin=recipe.region_margin,
        threshold=None if classifies else 0.5,
        stages=network.stage_names if isinstance(network, StagedClassifier) else (),
        calibration=None,
        outlier=None,
        data=data,
        weights_licence=recipe.weights_licence,
        recipe=recipe.summary(len(fitted.history.epochs), fitted.start, fitted.taught_by, fitted.numbers),
        choices=(),
        limits=recipe.limits,
        history=fitted.history,
        val=None,
        test=None,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        sha256="",
        code_version=skinvision.__version__,
        working_size=recipe.stored_size,
        modality=recipe.modality,
        weight=fitted.weight,
    )
    return LoadedModel(card, network, None)


def _best_threshold(model: LoadedModel, val: Iterable[Sample]) -> tuple[float, str]:
    scores = []  # per picture, the Jaccard at each threshold
    for sample in tqdm(tuple(val), desc="choosing the threshold"):
        truth = read_mask(sample) > 127
        probability = resize(segment(model, read_labelled(sample.image)).probability, *truth.shape)
        found = probability[None] >= _THRESHOLDS[:, None, None]
        union = (found | truth).sum(axis=(1, 2))
        scores.append((found & truth).sum(axis=(1, 2)) / np.maximum(union, 1))
    mean = np.mean(scores, axis=0)
    best = int(mean.argmax())
    listed = ", ".join(f"{t:.2f}: {m:.4f}" for t, m in zip(_THRESHOLDS, mean, strict=True))
    return round(float(_THRESHOLDS[best]), 2), f"Mask threshold by the mean Jaccard on val ({listed})."


def _best_view(
    model: LoadedModel,
    segmenter: LoadedModel | None,
    val: tuple[Sample, ...],
    recipe: Recipe,
    sizes: Iterable[tuple[int, int]],
    frequency: NDArray[np.float64],
) -> tuple[_View, str]:
    """What to look at to decide best on ``val``, whole picture or box, at which size; and a sentence about it."""
    truth = truth_of(model.card, val)
    views, said = [], []
    for region, size in product(recipe.views if segmenter else ("whole",), sizes):
        candidate = replace(model, card=replace(model.card, region=region, input_size=size))
        views.append(view := _view(candidate, segmenter, val, recipe, frequency))
        auc = _macro_auc(trust.probabilities(view.outputs.logits, 1.0), truth)
        figures = f"{view.decision.accuracy:.4f} / {view.decision.balanced_accuracy:.4f} / {auc:.4f}"
        said.append(f"{region} at {size[1]} × {size[0]} px: {figures}")
    best = max(views, key=lambda view: (min(view.decision.accuracy, recipe.accuracy), view.decision.balanced_accuracy))
    margin = f" The margin of the box is {model.card.region_margin:.0%}." if best.model.card.region != "whole" else ""
    return best, (
        f"Region and size by the decision that is fitted to each: an accuracy of {recipe.accuracy:.2f} first, then "
        f"balanced accuracy. Accuracy / balanced accuracy / macro AUC on val: {', '.join(said)}.{margin}"
    )


def _best_looks(
    view: _View,
    segmenter: LoadedModel | None,
    val: tuple[Sample, ...],
    recipe: Recipe,
    frequency: NDArray[np.float64],
) -> tuple[_View, tuple[str, ...]]:
    """``view``, of one look, with as many as tell most of ``val``, and a sentence about it where there was a choice."""
    truth, views = truth_of(view.model.card, val), {}
    for looks in recipe.looks:
        network = with_looks(staged(view.model), looks)
        candidate = replace(view.model, network=network, card=replace(view.model.card, looks=looks))
        views[looks] = view if looks == 1 else _view(candidate, segmenter, val, recipe, frequency)
    told = {n: balanced_likelihood(each.outputs.logits, truth, np.log(frequency)) for n, each in views.items()}
    best = views[max(told, key=told.__getitem__)]
    figures = ", ".join(
        f"{n}: {told[n]:.4f} ({each.decision.accuracy:.4f} / {each.decision.balanced_accuracy:.4f})"
        for n, each in views.items()
    )
    sentence = (
        "Looks at a picture, as it is and then turned by 180°, by the balanced likelihood on val (accuracy / balanced "
        f"accuracy of the decision fitted to each): {figures}."
    )
    return best, (sentence,) if len(views) > 1 else ()


def _view(
    model: LoadedModel,
    segmenter: LoadedModel | None,
    val: tuple[Sample, ...],
    recipe: Recipe,
    frequency: NDArray[np.float64],
) -> _View:
    outputs, truth = outputs_of(model, segmenter, val), truth_of(model.card, val)
    return _View(model, outputs, fit_decision(outputs.logits, truth, frequency, recipe.accuracy, model.card.weight))


def _macro_auc(probability: NDArray[np.float32], truth: NDArray[np.int64]) -> float:
    """The mean of the AUC of each class that is present against the others; 0 where there is one alone."""
    present = np.unique(truth)
    if len(present) < 2:
        return 0.0
    return float(metrics.roc_auc_score(truth[:, None] == present, probability[:, present], average="macro"))


def _frequency(train: Iterable[Sample], labels: tuple[str, ...]) -> NDArray[np.float64]:
    """Share of each label among the training pictures, (K,); never 0."""
    counts = Counter(sample.dx for sample in train)
    present = np.array([max(counts[label], 1) for label in labels])
    return np.asarray(present / present.sum(), np.float64)


def _outlier_rule(
    model: LoadedModel,
    segmenter: LoadedModel | None,
    train: tuple[Sample, ...],
    background: tuple[Sample, ...],
    val_features: NDArray[np.float32],
) -> tuple[trust.FeatureStatistics, Outlier]:
    """Statistics of at most 300 training pictures per class, and the threshold that keeps 95 % of ``val``."""
    taken = at_most_per_class(train, _FEATURES_PER_CLASS)
    features = outputs_of(model, segmenter, taken).features
    other = outputs_of(model, segmenter, background).features if background else None
    fitted = trust.FeatureStatistics.fit(features, truth_of(model.card, taken), background=other).rounded()
    scores = fitted.distance(val_features)
    threshold = float(np.quantile(scores, _KEPT_ON_VAL))
    kept = float((scores <= threshold).mean())
    method = "Mahalanobis distance of the pooled features"
    if background:
        method += f", relative to that from {len(background)} pictures of another kind"
    return fitted, Outlier(method, threshold, kept, {})


def _foreign_auroc(
    model: LoadedModel, segmenter: LoadedModel | None, own: tuple[Sample, ...], foreign: dict[str, list[Case]]
) -> dict[str, float]:
    if model.statistics is None or not foreign:
        return {}
    own_scores = model.statistics.distance(outputs_of(model, segmenter, own).features)
    auroc, everything = {}, []
    for name, cases in foreign.items():
        scores = model.statistics.distance(passed(model, segmenter, cases, f"foreign: {name}", len(cases)).features)
        everything.append(scores)
        auroc[name] = _auroc(own_scores, scores)
    return auroc | {"all": _auroc(own_scores, np.concatenate(everything))}


def _auroc(own: NDArray[np.float64], foreign: NDArray[np.float64]) -> float:
    truth = np.r_[np.zeros(len(own)), np.ones(len(foreign))]
    return round(float(metrics.roc_auc_score(truth, np.r_[own, foreign])), 5)
