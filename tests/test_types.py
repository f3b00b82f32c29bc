from __future__ import annotations

import math
from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest

from skinvision.errors import ShapeMismatch, UnknownName
from skinvision.geometry import Box
from skinvision.types import Case, Explanation, LesionMask, Prediction
from tests.samples import LABELS, sample_analysis

FOUR = np.array([[0.1, 0.5], [0.7, 0.9]], np.float32)


def test_a_case_knows_its_size() -> None:
    case = Case(np.zeros((4, 6, 3), np.uint8), "ab")
    assert (case.height, case.width) == (4, 6)


@pytest.mark.parametrize(
    "image",
    [np.zeros((4, 6), np.uint8), np.zeros((4, 6, 4), np.uint8), np.zeros((4, 6, 3), np.float32)],
    ids=["grey", "with alpha", "float"],
)
def test_a_case_takes_rgb_bytes_only(image: np.ndarray) -> None:
    with pytest.raises(ShapeMismatch, match="image"):
        Case(image, "ab")


@pytest.mark.parametrize(
    ("record", "name"),
    [
        (Case(np.zeros((4, 6, 3), np.uint8), "ab"), "image"),
        (LesionMask(FOUR), "probability"),
        (sample_analysis().prediction, "logits"),
        (sample_analysis().explanations[0], "activation_map"),
    ],
)
def test_what_flows_cannot_be_changed(record: Any, name: str) -> None:
    with pytest.raises(ValueError, match="read-only"):
        getattr(record, name)[0] = 0
    with pytest.raises(FrozenInstanceError):
        setattr(record, name, None)


@pytest.mark.parametrize(
    ("threshold", "area", "box"),
    [(0.05, 1.0, Box(0, 0, 2, 2)), (0.5, 0.75, Box(0, 0, 2, 2)), (0.6, 0.5, Box(0, 1, 2, 2)), (0.95, 0.0, None)],
)
def test_a_pixel_is_lesion_from_the_threshold_on(threshold: float, area: float, box: Box | None) -> None:
    mask = LesionMask(FOUR).at(threshold)
    assert mask.area_fraction == area
    assert mask.box == box


@pytest.mark.parametrize("threshold", [0.0, 1.0, -1.0, math.nan])
def test_a_threshold_lies_between_0_and_1(threshold: float) -> None:
    with pytest.raises(ShapeMismatch, match="a threshold between 0 and 1"):
        LesionMask(FOUR, threshold)


def test_a_prediction_names_its_classes() -> None:
    prediction = sample_analysis().prediction
    assert prediction.top == "mel"
    assert prediction.probability("bkl") == pytest.approx(0.21)
    with pytest.raises(UnknownName, match="a label among akiec"):
        prediction.probability("wart")


def test_a_prediction_has_one_logit_per_label() -> None:
    with pytest.raises(ShapeMismatch, match="2 logits"):
        Prediction(("a", "b"), np.zeros(3, np.float32), np.zeros(2, np.float32), ("a",), True, 0.0)


def test_evidence_is_the_positive_part_stretched_over_the_region() -> None:
    evidence = _explanation([[-1, 2]], Box(2, 1, 6, 3)).evidence
    np.testing.assert_allclose(evidence[1:3, 2:6], [[0, 0.5, 1.5, 2]] * 2)
    assert evidence.shape == (4, 8)
    assert evidence.sum() == pytest.approx(8)  # nothing outside the region


@pytest.mark.parametrize(("values", "peak"), [([[-1, 2]], 2.0), ([[-1, -2]], 0.0)])
def test_the_peak_is_the_largest_evidence(values: list[list[float]], peak: float) -> None:
    assert _explanation(values).peak == peak


def test_all_evidence_inside_the_lesion_scores_1() -> None:
    """Evidence that is itself the mask: two cells of one pixel each."""
    mask = LesionMask(np.array([[0, 1, 1, 0]], np.float32))
    assert _explanation([[-3, 1, 5, 0]], height=1, width=4).within(mask).lesion_share == 1


@pytest.mark.parametrize("columns", [1, 3, 8])
def test_even_evidence_scores_the_lesions_share_of_the_picture(columns: int) -> None:
    probability = np.zeros((4, 8), np.float32)
    probability[:, :columns] = 1
    assert _explanation([[2, 2]]).within(LesionMask(probability)).lesion_share == pytest.approx(columns / 8)


def test_without_evidence_there_is_no_share() -> None:
    assert math.isnan(_explanation([[-1, 0]]).within(LesionMask(np.ones((4, 8), np.float32))).lesion_share)


def test_a_region_outside_the_picture_is_refused() -> None:
    with pytest.raises(ShapeMismatch, match="a region inside 4 × 8 px"):
        _explanation([[1]], Box(0, 0, 9, 4))


def test_an_analysis_gives_the_explanation_of_a_label() -> None:
    analysis = sample_analysis()
    assert [analysis.explanation(label).target for label in LABELS] == list(LABELS)
    with pytest.raises(UnknownName, match="'wart'"):
        analysis.explanation("wart")


def test_another_threshold_measures_the_shares_again() -> None:
    """Three pixels of probability 0.3, 0.6 and 0.9 with evidence 1, 2 and 3: 1, then 5/6, then 1/2 lies inside."""
    analysis = sample_analysis(np.zeros((1, 3, 3), np.uint8), lesion=None)
    mask = LesionMask(np.array([[0.3, 0.6, 0.9]], np.float32), 0.2)
    explanation = _explanation([[1, 2, 3]], height=1, width=3).within(mask)
    analysis = replace(analysis, mask=mask, explanations=(explanation,))
    shares = [analysis.at_threshold(t).explanations[0].lesion_share for t in (0.2, 0.5, 0.8)]
    assert shares == pytest.approx([1, 5 / 6, 1 / 2])
    assert analysis.at_threshold(0.5).mask.threshold == 0.5
    assert analysis.at_threshold(0.5).prediction is analysis.prediction


def test_the_parts_of_an_analysis_are_of_one_picture() -> None:
    analysis = sample_analysis()
    with pytest.raises(ShapeMismatch, match="mask and maps"):
        replace(analysis, mask=LesionMask(FOUR))


def _explanation(values: list[list[float]], region: Box | None = None, height: int = 4, width: int = 8) -> Explanation:
    region = region or Box.whole(height, width)
    return Explanation("mel", "grad-cam", "stage4", np.array(values, np.float32), region, height, width)
