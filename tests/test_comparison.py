"""Numbers about several models and one picture, on paper."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skinvision.comparison import Comparison, cell_area, dice, of_one_cell
from skinvision.errors import ShapeMismatch, UnknownName
from skinvision.geometry import Box
from skinvision.types import Explanation, LesionMask
from tests.samples import LABELS, sample_analysis

SURE = (0.02, 0.05, 0.21, 0.004, 0.63, 0.08, 0.006)
OTHER = (0.02, 0.05, 0.01, 0.004, 0.23, 0.68, 0.006)


@pytest.fixture
def two() -> Comparison:
    return Comparison(("A", "B"), (sample_analysis(probabilities=SURE), sample_analysis(probabilities=OTHER)))


def _map(values: np.ndarray, region: Box, height: int = 60, width: int = 60) -> Explanation:
    return Explanation("mel", "grad-cam", "stage4", values.astype(np.float32), region, height, width)


def _mask(*rows: int) -> LesionMask:
    """Four rows of three pixels; the named ones are lesion."""
    probability = np.zeros((4, 3), np.float32)
    probability[list(rows)] = 1
    return LesionMask(probability)


def test_labels_are_ranked_by_the_mean_of_all(two: Comparison) -> None:
    assert two.labels == ("mel", "nv", "bkl", "bcc", "akiec", "vasc", "df")
    assert two.mean_probability("mel") == pytest.approx(0.43)
    assert two.mean_probability("nv") == pytest.approx(0.38)


def test_spread_is_the_largest_less_the_smallest_probability(two: Comparison) -> None:
    assert two.probabilities("nv") == pytest.approx((0.08, 0.68))
    assert two.spread("nv") == pytest.approx(0.6)
    assert two.spread("vasc") == 0
    assert max(LABELS, key=two.spread) == "nv"


def test_maps_on_one_grid_keep_their_numbers(two: Comparison) -> None:
    for explanation, analysis in zip(two.explanations("mel"), two.analyses, strict=True):
        np.testing.assert_array_equal(explanation.activation_map, analysis.explanation("mel").activation_map)


def test_an_even_spread_of_evidence_looks_the_same_on_every_grid() -> None:
    """18 logits over the whole picture: 2 in each of 9 cells of 400 px, or 0.5 in each of 36 cells of 100 px."""
    whole = Box.whole(60, 60)
    coarse, fine = of_one_cell([_map(np.full((3, 3), 2), whole), _map(np.full((6, 6), 0.5), whole)])
    assert (coarse.activation_map == 2).all()
    assert (fine.activation_map == 2).all()
    np.testing.assert_array_equal(coarse.evidence, fine.evidence)


def test_evidence_from_a_small_box_is_dense() -> None:
    """The same 9 cells on a box of half the side: each stands for 1/4 of the pixels, so it is four times as much."""
    whole, box = Box.whole(60, 60), Box(0, 0, 30, 30)
    maps = (_map(np.full((3, 3), 2), whole), _map(np.full((3, 3), 2), box))
    assert [cell_area(each) for each in maps] == [400, 100]
    assert [each.peak for each in of_one_cell(maps)] == [2, 8]
    assert of_one_cell([]) == ()


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((0, 1), (0, 1), 1),
        ((0, 1), (1, 2), 1 / 2),  # 3 of 6 and 6 pixels
        ((0, 1), (1,), 2 / 3),
        ((0,), (2,), 0),
        ((0,), (), 0),
        ((), (), None),
    ],
)
def test_dice(one: tuple[int, ...], other: tuple[int, ...], expected: float | None) -> None:
    assert dice(_mask(*one), _mask(*other)) == expected
    assert dice(_mask(*other), _mask(*one)) == expected


def test_what_cannot_be_compared_is_refused(two: Comparison) -> None:
    first, second = two.analyses
    with pytest.raises(ShapeMismatch, match="two analyses or more"):
        Comparison(("A",), (first,))
    with pytest.raises(ShapeMismatch, match="a name of its own"):
        Comparison(("A", "A"), (first, second))
    with pytest.raises(ShapeMismatch, match="one picture"):
        Comparison(("A", "B"), (first, replace(second, case=replace(second.case, sha256="cd" * 32))))
    with pytest.raises(ShapeMismatch, match="masks of the same picture"):
        dice(_mask(), LesionMask(np.zeros((3, 4), np.float32)))
    with pytest.raises(UnknownName, match="a label among"):
        two.explanations("wart")
