"""Synthetic lesions: their truth must be true, and visible."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import pytest
from scipy import ndimage

from skinvision.errors import ShapeMismatch, UnknownName
from skinvision.intake.quality import quality_codes
from skinvision.phantom import FEATURES, Feature, Phantom, draw

BARE: dict[str, Any] = {"hair": 0, "ruler": False, "vignette": 0.0, "bubbles": 0}
SMALL: dict[str, Any] = {"height": 225, "width": 300}


def depth(mask: np.ndarray) -> np.ndarray:
    """Signed distance to the border in px: positive inside, negative outside."""
    return ndimage.distance_transform_edt(mask) - ndimage.distance_transform_edt(~mask)


def luma(image: np.ndarray) -> np.ndarray:
    return image @ np.array([0.299, 0.587, 0.114])


@pytest.mark.parametrize("size", [(450, 600), (64, 64), (64, 300), (300, 70)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_shapes_and_truth(seed: int, size: tuple[int, int]) -> None:
    phantom = draw(seed, height=size[0], width=size[1])
    assert phantom.image.shape == (*size, 3)
    assert phantom.image.dtype == np.uint8
    assert phantom.mask.shape == phantom.feature_mask.shape == size
    assert phantom.mask.dtype == phantom.feature_mask.dtype == np.bool_
    assert phantom.feature in FEATURES
    assert phantom.seed == seed
    assert phantom.feature_mask.any()
    assert not (phantom.feature_mask & ~phantom.mask).any()
    with pytest.raises(ValueError, match="read-only"):
        phantom.image[0, 0, 0] = 1


@pytest.mark.parametrize("seed", range(8))
def test_the_lesion_is_one_piece_without_holes(seed: int) -> None:
    mask = draw(seed, **SMALL).mask
    assert ndimage.label(mask)[1] == 1
    assert (ndimage.binary_fill_holes(mask) == mask).all()
    assert 0.04 < mask.mean() < 0.6


def same(a: Phantom, b: Phantom) -> bool:
    return all(np.array_equal(getattr(a, part), getattr(b, part)) for part in ("image", "mask", "feature_mask"))


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert same(draw(5, **SMALL), draw(5, **SMALL))
    assert not same(draw(5, **SMALL), draw(6, **SMALL))


@pytest.mark.parametrize(
    "changed",
    [{"hair": 12}, {"ruler": True}, {"vignette": 1.0}, {"bubbles": 6}, {"skin_tone": 0.9}],
    ids=lambda changed: next(iter(changed)),
)
def test_dressing_changes_the_picture_and_not_the_truth(changed: dict[str, Any]) -> None:
    plain = draw(4, **SMALL, **{**BARE, "skin_tone": 0.1})
    dressed = draw(4, **SMALL, **{**BARE, "skin_tone": 0.1, **changed})
    assert not np.array_equal(plain.image, dressed.image)
    np.testing.assert_array_equal(plain.mask, dressed.mask)
    np.testing.assert_array_equal(plain.feature_mask, dressed.feature_mask)


def test_asking_for_what_the_seed_would_draw_changes_nothing() -> None:
    drawn = draw(9, **SMALL)
    assert same(drawn, draw(9, **SMALL, feature=drawn.feature))


@pytest.mark.parametrize("skin_tone", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_the_mask_is_where_the_lesion_is_seen(seed: int, skin_tone: float) -> None:
    """The brightness steps at the border: just inside it is between that of the lesion and that of the skin."""
    phantom = draw(seed, **SMALL, **BARE, skin_tone=skin_tone, feature="blotch")
    to_border, grey = depth(phantom.mask), luma(phantom.image)
    lesion, border, skin = (
        float(grey[(to_border >= low) & (to_border < high)].mean()) for low, high in ((4, 1e9), (-1.5, 1.5), (-30, -12))
    )
    assert lesion < 0.8 * skin
    assert 0.2 < (border - lesion) / (skin - lesion) < 0.95


def blueness(image: np.ndarray) -> np.ndarray:
    return image[..., 2] - image[..., 0]


def darkness(image: np.ndarray) -> np.ndarray:
    return -luma(image)


def redness(image: np.ndarray) -> np.ndarray:
    return (image[..., 0] + 1) / (image[..., 1] + 1)


def structure(image: np.ndarray) -> np.ndarray:
    """Contrast of detail the size of network cells and globules, against the brightness."""
    log = np.log(luma(image) + 10)
    return np.abs(cv2.GaussianBlur(log, (0, 0), 1) - cv2.GaussianBlur(log, (0, 0), 4))


MEASURE: dict[Feature, Callable[[np.ndarray], np.ndarray]] = {
    "network": structure,
    "globules": structure,
    "blotch": darkness,
    "veil": blueness,
    "vessels": redness,
}


@pytest.mark.parametrize("skin_tone", [0.0, 0.8])
@pytest.mark.parametrize("seed", [11, 13])
@pytest.mark.parametrize("feature", FEATURES)
def test_the_feature_is_seen_in_its_place(feature: Feature, seed: int, skin_tone: float) -> None:
    """What marks the feature is clearly stronger in its place than in the rest of the lesion (border left out)."""
    phantom = draw(seed, feature=feature, skin_tone=skin_tone, height=360, width=400, **BARE)
    assert phantom.feature == feature
    marks = MEASURE[feature](phantom.image.astype(np.float64))
    core = depth(phantom.mask) > 10
    inside, elsewhere = marks[core & phantom.feature_mask], marks[core & (depth(phantom.feature_mask) < -6)]
    assert inside.mean() > elsewhere.mean() + 0.3 * elsewhere.std()


def test_every_feature_is_drawn() -> None:
    assert {draw(seed, height=64, width=64).feature for seed in range(40)} == set(FEATURES)


def test_skin_tone_darkens_the_skin_and_no_tone_is_called_too_dark() -> None:
    phantoms = [draw(2, **SMALL, **BARE, skin_tone=tone) for tone in (0.0, 0.25, 0.5, 0.75, 1.0)]
    brightness = [float(luma(p.image)[depth(p.mask) < -15].mean()) for p in phantoms]
    assert all(lighter > 1.05 * darker for lighter, darker in pairwise(brightness))
    assert brightness[0] > 1.8 * brightness[-1]
    assert all("dark" not in quality_codes(p.image) for p in phantoms)


def test_a_full_vignette_is_black_outside_a_circle_that_spares_the_lesion() -> None:
    for seed in range(4):
        framed = draw(seed, **SMALL, **{**BARE, "vignette": 1.0})
        open_ = draw(seed, **SMALL, **BARE)
        assert luma(framed.image)[[0, 0, -1, -1], [0, -1, 0, -1]].max() < 20
        assert luma(framed.image)[framed.mask].mean() > 0.85 * luma(open_.image)[open_.mask].mean()


def test_the_ruler_lies_at_one_edge() -> None:
    """Its ticks are dark, and the middle of the picture is as without it."""
    without, with_it = draw(7, **SMALL, **BARE), draw(7, **SMALL, **{**BARE, "ruler": True})
    difference = luma(without.image) - luma(with_it.image)
    assert difference.max() > 60
    np.testing.assert_array_equal(with_it.image[40:-45, 45:-40], without.image[40:-45, 45:-40])


def test_more_hairs_cover_more() -> None:
    bare = luma(draw(3, **SMALL, **BARE).image)
    covered = [float((bare - luma(draw(3, **SMALL, **{**BARE, "hair": n}).image) > 40).mean()) for n in (0, 4, 16)]
    assert covered[0] == 0 < covered[1] < covered[2] < 0.2


def test_a_usual_phantom_passes_for_a_good_picture() -> None:
    assert [quality_codes(draw(seed).image) for seed in range(1, 7)] == [()] * 6


def test_wrong_arguments() -> None:
    with pytest.raises(UnknownName, match="network, globules"):
        draw(1, feature="halo")  # type: ignore[arg-type]
    with pytest.raises(ShapeMismatch, match="63 × 100"):
        draw(1, height=63, width=100)
