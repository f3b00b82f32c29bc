"""From a fitted network to a model on disk whose card holds what ``evaluate`` finds."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from skinvision.card import Architecture, Dataset, History
from skinvision.models import networks, registry
from skinvision.models.registry import LoadedModel
from skinvision.phantom import Feature
from skinvision.training.data import Splits, read_table
from skinvision.training.evaluate import evaluate
from skinvision.training.finish import finish_classifier, finish_segmenter
from skinvision.training.fit import Fitted
from skinvision.training.recipe import Phase, Recipe
from skinvision.training.recipes import RESNET50, UNET
from skinvision.types import Case
from tests.lessons import write_lesions

SEGMENTER = replace(
    UNET,
    architecture=Architecture("unet", "segmentation-models-pytorch", "tu-test_efficientnet"),
    input_size=(64, 96),
)
CLASSIFIER = replace(
    RESNET50,
    architecture=Architecture("resnet", "torchvision", "resnet18"),
    labels=("nv", "vasc"),
    titles=("Melanocytic nevus", "Vascular lesion"),
    phases=(Phase((64, 64), 1),),
    input_size=(96, 96),
)
SPLITS = ("train",) * 12 + ("val",) * 8 + ("test",) * 8
DATASETS = (Dataset("Synthetic lesions", "CC0", "nobody", "by seed", {"train": 12, "val": 8, "test": 8}),)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """28 synthetic lesions with their masks: a third with vessels, called ``vasc``, the others ``nv``."""
    kinds: tuple[tuple[str, Feature], ...] = (("vasc", "vessels"), ("nv", "network"), ("nv", "network"))
    lesions = ((*kinds[seed % 3], split) for seed, split in enumerate(SPLITS))
    return write_lesions(tmp_path_factory.mktemp("data"), lesions, height=80, width=112)


@pytest.fixture(scope="module")
def splits(data: Path) -> Splits:
    return Splits(*(read_table(data, split) for split in ("train", "val", "test")))


def _fitted(recipe: Recipe) -> Fitted:
    torch.manual_seed(0)
    network = networks.build(recipe.architecture, len(recipe.labels))
    return Fitted(network, History("score", ()), complete=True)


@pytest.fixture(scope="module")
def segmenter(splits: Splits) -> LoadedModel:
    return finish_segmenter(SEGMENTER, _fitted(SEGMENTER), "unet", DATASETS, splits)


@pytest.fixture(scope="module")
def classifier(splits: Splits, segmenter: LoadedModel) -> LoadedModel:
    flat = np.full((64, 64, 3), 200, np.uint8)
    strange = {"flat": [Case(flat, "00" * 32)], "black": [Case(flat * 0, "00" * 32)]}
    return finish_classifier(CLASSIFIER, _fitted(CLASSIFIER), "resnet50", DATASETS, splits, segmenter, strange)


def test_the_threshold_is_the_best_of_those_tried_on_val(segmenter: LoadedModel) -> None:
    (choice,) = segmenter.card.choices
    tried = {
        float(threshold): float(score)
        for threshold, score in (pair.split(": ") for pair in choice.split("(")[1].rstrip(").").split(", "))
    }
    assert tried[segmenter.card.threshold] == max(tried.values())
    assert segmenter.card.val.n == segmenter.card.test.n == 8


def test_what_is_written_gives_the_figures_of_the_card(
    segmenter: LoadedModel, classifier: LoadedModel, data: Path, own_weights: Path
) -> None:
    for model in (segmenter, classifier):
        card = registry.save(model)
        assert (own_weights / f"{card.name}.safetensors").is_file()
        for split in ("val", "test"):
            again, told = (
                _told(report) for report in (evaluate(card.task, data, split, card.name), getattr(card, split))
            )
            assert again.keys() == told.keys()
            assert again == pytest.approx(told, abs=2e-5, nan_ok=True)  # the last digit that is written


def test_what_is_fitted_on_val_keeps_its_word_there(classifier: LoadedModel) -> None:
    card = classifier.card
    assert card.outlier.kept_on_val >= 0.875  # 95 % of 8 pictures: all but one
    assert card.val.kept == pytest.approx(card.outlier.kept_on_val)
    assert card.val.coverage >= 0.9
    assert set(card.outlier.auroc) == {"flat", "black", "all"}
    assert card.outlier.auroc["flat"] == 1


def test_where_the_cells_look_is_measured_for_every_stage(classifier: LoadedModel) -> None:
    offsets = classifier.card.stage_offsets
    assert tuple(offsets) == classifier.card.stages
    assert all(-1 < offset < 0 for offset in offsets.values())  # a ResNet's strides look up and to the left


def test_the_view_is_chosen_among_region_and_size(classifier: LoadedModel) -> None:
    view, _ = classifier.card.choices
    tried = {name: (min(accuracy, 0.82), recall) for name, accuracy, recall in _views(view)}
    assert len(tried) == 4
    card = classifier.card
    chosen = f"{card.region} at {card.input_size[1]} × {card.input_size[0]} px"
    assert tried[chosen] == max(tried.values())


def test_how_often_it_looks_is_chosen_by_what_is_told_of_val(splits: Splits) -> None:
    recipe = replace(CLASSIFIER, looks=(1, 2))
    classifier = finish_classifier(recipe, _fitted(recipe), "resnet50", DATASETS, splits, None, {})
    _, looks, _ = classifier.card.choices
    listed = looks.split("each): ")[1].rstrip(".").split("), ")
    tried = {int(looks): float(figures.split(" (")[0]) for looks, figures in (each.split(": ") for each in listed)}
    assert tried[1] != tried[2]
    assert set(tried) == {1, 2}
    assert tried[classifier.card.looks] == max(tried.values())


def _told(report: object, name: str = "") -> dict[str, float]:
    """Every figure of a report by its place in it; words count as figures by their hash, nothing as NaN."""
    plain = msgspec.to_builtins(report)
    if isinstance(plain, dict | list | tuple):
        items = plain.items() if isinstance(plain, dict) else enumerate(plain)
        return {place: figure for key, value in items for place, figure in _told(value, f"{name}.{key}").items()}
    return {name: hash(plain) if isinstance(plain, str) else math.nan if plain is None else float(plain)}


def _views(sentence: str) -> list[tuple[str, float, float]]:
    """(view, accuracy, balanced accuracy) of each view that was tried."""
    listed = sentence.split(" on val: ")[1].split(". The margin")[0]
    told = [view.split(": ") for view in listed.split(", ")]
    return [(name, *(float(figure) for figure in figures.split(" / ")[:2])) for name, figures in told]


def test_an_outline_is_found_once_however_often_its_picture_is_passed(splits: Splits, segmenter: LoadedModel) -> None:
    asked: list[bytes] = []
    hook = segmenter.network.register_forward_pre_hook(lambda _, given: asked.append(given[0].numpy().tobytes()))
    try:
        finish_classifier(CLASSIFIER, _fitted(CLASSIFIER), "resnet50", DATASETS, splits, segmenter, {})
    finally:
        hook.remove()
    assert len(asked) == len(set(asked)) >= len(splits.val)


def test_without_a_test_split_or_a_segmenter_the_model_is_finished_all_the_same(splits: Splits) -> None:
    alone = finish_classifier(CLASSIFIER, _fitted(CLASSIFIER), "resnet50", DATASETS, replace(splits, test=()), None, {})
    assert alone.card.test is None
    assert alone.card.region == "whole"
    assert alone.card.outlier.auroc == {}
