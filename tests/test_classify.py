from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from skinvision import phantom
from skinvision.card import ModelCard
from skinvision.classify import classifier_input, classify, predict, region_of, shown, staged
from skinvision.errors import ShapeMismatch, WeightsRejected
from skinvision.explain import grad_cam
from skinvision.geometry import Box, resize
from skinvision.models.registry import LoadedModel, load
from skinvision.types import Case, LesionMask


@pytest.fixture(scope="module")
def model(tiny_models: Path) -> LoadedModel:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SKINVISION_WEIGHTS", str(tiny_models))
        return load("resnet50")


@pytest.fixture(scope="module")
def case() -> Case:
    return Case(phantom.draw(0, height=80, width=120).image, "ab" * 32)


def test_a_picture_is_classified_as_its_card_says(model: LoadedModel, case: Case) -> None:
    prediction = classify(model, case, None)
    maps = grad_cam(staged(model), classifier_input(model, case, Box.whole(80, 120)), "stage4")
    np.testing.assert_allclose(prediction.logits, maps.logits, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(prediction.probabilities, _softmax(prediction.logits / 1.4), rtol=1e-5)
    assert prediction.labels == model.card.labels
    assert prediction.prediction_set[0] == prediction.top
    assert prediction.ood_score == pytest.approx(float(model.statistics.distance(maps.features[None])[0]), rel=1e-3)


@pytest.mark.parametrize(("threshold", "expected"), [(1e9, True), (0.0, False)])
def test_a_score_up_to_the_cards_threshold_is_in_distribution(
    model: LoadedModel, case: Case, threshold: float, expected: bool
) -> None:
    outlier = replace(model.card.outlier, threshold=threshold)
    assert classify(_with(model, outlier=outlier), case, None).in_distribution is expected


def test_the_score_on_the_threshold_is_still_in_distribution(model: LoadedModel) -> None:
    features = np.ones(512, np.float32)
    score = float(model.statistics.distance(features[None])[0])
    exact = _with(model, outlier=replace(model.card.outlier, threshold=score))
    assert predict(exact, np.zeros(7, np.float32), features).in_distribution


@pytest.mark.parametrize(
    ("region", "lesion", "expected"),
    [
        ("whole", Box(40, 30, 60, 40), Box(0, 0, 120, 80)),
        ("box", Box(40, 30, 60, 40), Box(30, 15, 70, 55)),  # 20 px and half of that at either end, about (50, 35)
        ("box", None, Box(0, 0, 120, 80)),
        ("lesion", Box(40, 30, 60, 40), Box(30, 15, 70, 55)),
    ],
)
def test_the_region_is_the_one_on_the_card(
    model: LoadedModel, case: Case, region: str, lesion: Box | None, expected: Box
) -> None:
    probability = np.zeros((80, 120), np.float32)
    if lesion:
        probability[lesion.y0 : lesion.y1, lesion.x0 : lesion.x1] = 1
    assert region_of(_with(model, region=region, region_margin=0.5).card, case, LesionMask(probability)) == expected


@pytest.mark.parametrize("region", ["box", "lesion"])
def test_a_model_of_the_lesion_needs_a_mask(model: LoadedModel, case: Case, region: str) -> None:
    with pytest.raises(ShapeMismatch, match="segment the picture first"):
        region_of(_with(model, region=region).card, case, None)


def test_a_model_of_the_lesion_alone_sees_nothing_around_it(model: LoadedModel, case: Case) -> None:
    """The card's mean of 0.5 is 128 of 255; without a lesion the picture is seen as it is."""
    alone = _with(model, region="lesion")
    probability = np.zeros((80, 120), np.float32)
    probability[30:40, 40:60] = 1
    painted = shown(alone.card, case, Box(30, 15, 70, 55), LesionMask(probability))
    np.testing.assert_array_equal(painted[15:25, 10:30], case.image[30:40, 40:60])
    painted[15:25, 10:30] = 128
    assert (painted == 128).all()
    empty = LesionMask(np.zeros((80, 120), np.float32))
    np.testing.assert_array_equal(shown(alone.card, case, Box.whole(80, 120), empty), case.image)


def test_the_network_sees_nothing_outside_the_region(model: LoadedModel, case: Case) -> None:
    region = Box(30, 15, 70, 55)
    altered = case.image.copy()
    altered[:15], altered[55:], altered[:, :30], altered[:, 70:] = 0, 255, 128, 7
    seen, again = (classifier_input(model, c, region) for c in (case, replace(case, image=altered)))
    assert seen.shape == (1, 3, *model.card.input_size)
    assert torch.equal(seen, again)


def test_the_picture_is_normalised_as_the_card_says(model: LoadedModel) -> None:
    """A grey of 153 is 0.6; with mean (0.1, 0.2, 0.6) and std (0.5, 0.2, 1) it becomes (1, 2, 0)."""
    grey = Case(np.full((64, 64, 3), 153, np.uint8), "ab" * 32)
    picture = classifier_input(_with(model, mean=(0.1, 0.2, 0.6), std=(0.5, 0.2, 1.0)), grey, Box.whole(64, 64))
    np.testing.assert_allclose(picture[0, :, 0, 0], [1, 2, 0], atol=1e-6)
    assert picture.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("missing", ["calibration", "outlier", "statistics"])
def test_a_model_without_calibration_is_rejected(model: LoadedModel, case: Case, missing: str) -> None:
    poorer = replace(model, statistics=None) if missing == "statistics" else _with(model, **{missing: None})
    with pytest.raises(WeightsRejected, match="a calibrated classifier"):
        classify(poorer, case, None)


@pytest.mark.usefixtures("weights")
def test_a_segmenter_is_no_classifier(case: Case) -> None:
    with pytest.raises(WeightsRejected, match="expected a classifier, got unet, for segmentation"):
        classify(load("unet"), case, None)


def _with(model: LoadedModel, **changes: object) -> LoadedModel:
    card: ModelCard = replace(model.card, **changes)
    return replace(model, card=card)


def _softmax(logits: np.ndarray) -> np.ndarray:
    return np.exp(logits) / np.exp(logits).sum()


def test_a_picture_passes_through_the_working_size_as_in_training(model: LoadedModel, case: Case) -> None:
    whole = Box.whole(80, 120)
    blurred = Case(resize(case.image, 16, 16), "ab" * 32)
    expected = classifier_input(model, blurred, Box.whole(16, 16))
    torch.testing.assert_close(classifier_input(_with(model, working_size=(16, 16)), case, whole), expected)
