"""How much of the evidence lies inside the lesion, on masks that one can count."""

from __future__ import annotations

import math

import numpy as np
import pytest

from skinvision.errors import ShapeMismatch
from skinvision.faithfulness import Inside, area_share, lesion_share, pointing_hit

LESION = np.zeros((8, 8), bool)
LESION[2:4, 2:6] = True  # 8 of 64 pixels


def test_a_map_equal_to_the_mask_lies_inside() -> None:
    assert Inside.of(LESION.astype(np.float32), LESION) == Inside(1.0, 1 / 8, True)


def test_an_even_map_has_the_share_of_the_area() -> None:
    assert lesion_share(np.full((8, 8), 3.0), LESION) == area_share(LESION) == 1 / 8


def test_a_random_map_has_about_the_share_of_the_area() -> None:
    lesion = np.kron(LESION, np.ones((32, 32), bool))
    assert lesion_share(np.random.default_rng(0).random((256, 256)), lesion) == pytest.approx(1 / 8, abs=0.005)


def test_what_speaks_against_the_class_does_not_count() -> None:
    """3 inside, 1 outside, and −5 that is left out."""
    saliency = np.zeros((8, 8))
    saliency[2, 2], saliency[0, 0], saliency[7, 7] = 3, 1, -5
    assert Inside.of(saliency, LESION) == Inside(3 / 4, 1 / 8, True)


@pytest.mark.parametrize("place", [(2, 7), (5, 5)])
def test_a_maximum_beside_the_lesion_misses(place: tuple[int, int]) -> None:
    saliency = np.zeros((8, 8))
    saliency[place] = 1  # two pixels to the right of the lesion, or below it
    assert pointing_hit(saliency, LESION) is False


def test_of_two_maxima_one_inside_is_enough() -> None:
    saliency = np.zeros((8, 8))
    saliency[0, 0] = saliency[3, 3] = 1
    assert pointing_hit(saliency, LESION)


@pytest.mark.parametrize(
    ("saliency", "lesion"),
    [(np.zeros((8, 8)), LESION), (-LESION.astype(float), LESION), (np.ones((8, 8)), LESION & False)],
)
def test_without_evidence_or_lesion_there_is_nothing_to_say(saliency: np.ndarray, lesion: np.ndarray) -> None:
    assert math.isnan(lesion_share(saliency, lesion))
    assert pointing_hit(saliency, lesion) is None


def test_the_scale_does_not_matter() -> None:
    saliency = np.random.default_rng(0).normal(size=(8, 8))
    share, area, hit = (getattr(Inside.of(saliency, LESION), name) for name in Inside.__slots__)
    assert Inside.of(1000 * saliency, LESION) == Inside(pytest.approx(share), area, hit)


@pytest.mark.parametrize("measure", [lesion_share, pointing_hit, Inside.of])
def test_a_map_of_another_size_is_named(measure) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ShapeMismatch, match=r"a map \(8, 8\), got \(4, 4\)"):
        measure(np.ones((4, 4)), LESION)


def test_a_mask_may_be_of_numbers_and_a_map_of_nothing() -> None:
    saliency, mask = np.array([[1.0, 3.0]]), np.array([[0, 255]], np.uint8)
    assert lesion_share(saliency, mask) == 0.75
    assert area_share(mask) == 0.5
    assert pointing_hit(saliency, mask) is True
    assert pointing_hit(np.full((1, 2), np.nan), mask) is None
