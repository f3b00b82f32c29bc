"""A whole phantom: skin, a lesion with one deciding feature, and what lies between it and the camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from skinvision.errors import ShapeMismatch, UnknownName
from skinvision.phantom.clutter import add_bubbles, add_hairs, add_ruler, shade
from skinvision.phantom.features import RECIPES
from skinvision.phantom.optics import Light, photograph
from skinvision.phantom.shape import Outline, grow, region_within
from skinvision.phantom.skin import bare_skin, pigment

Feature = Literal["network", "globules", "blotch", "veil", "vessels"]
FEATURES: tuple[Feature, ...] = get_args(Feature)

MIN_SIDE_PX = 64

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Phantom:
    """A synthetic picture with its truth; arrays are read-only.

    Attributes:
        image: (H, W, 3) uint8 sRGB.
        mask: (H, W) bool, the lesion, whatever hairs or bubbles lie over it.
        feature: the deciding feature, one of ``FEATURES``; no other is drawn.
        feature_mask: (H, W) bool, where the feature is clearly seen, within ``mask``; it fades at the edge of this.
        seed: what it was drawn from.
    """

    image: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    feature: Feature
    feature_mask: NDArray[np.bool_]
    seed: int

    def __post_init__(self) -> None:
        for array in (self.image, self.mask, self.feature_mask):
            array.flags.writeable = False


def draw(
    seed: int,
    *,
    height: int = 450,
    width: int = 600,
    feature: Feature | None = None,
    ground: Feature | None = None,
    skin_tone: float | None = None,
    hair: int | None = None,
    ruler: bool | None = None,
    vignette: float | None = None,
    bubbles: int | None = None,
) -> Phantom:
    """A phantom; the same arguments give the same bytes. What is None is drawn from the seed.

    Each part has its own stream of random numbers, so that setting one leaves the others as they are.

    Args:
        seed: ≥ 0.
        height, width: px, at least 64.
        feature: what decides, one of ``FEATURES``.
        ground: the feature on whose ground it is drawn, one of ``FEATURES``; by default its own.
        skin_tone: 0 very light … 1 very dark (about Fitzpatrick I … VI).
        hair: number of hairs.
        ruler: whether a scale is seen at the edge.
        vignette: 0 even light … 1 the black frame of a dermatoscope.
        bubbles: number of bubbles in the immersion gel.

    Raises:
        ShapeMismatch: a size under 64 px.
        UnknownName: no such feature.
    """
    if min(height, width) < MIN_SIDE_PX:
        raise ShapeMismatch(f"at least {MIN_SIDE_PX} × {MIN_SIDE_PX} px", f"{height} × {width}", "draw it larger")
    chosen = _choices(seed, feature, skin_tone, hair, ruler, vignette, bubbles)
    tissue = bare_skin(_stream(seed, "skin"), height, width, chosen.skin_tone)
    outline = grow(_stream(seed, "outline"), height, width)
    pigment(_stream(seed, "pigment"), tissue, outline, RECIPES[_known(ground or chosen.feature)][0])
    region = region_within(_stream(seed, "region"), outline)
    feature_mask = RECIPES[chosen.feature][1](_stream(seed, "feature"), tissue, region, outline)
    image = photograph(tissue, Light.of(_stream(seed, "light"), chosen.skin_tone))
    _dress(image, seed, chosen, outline)
    return Phantom(_developed(image, seed), outline.mask, chosen.feature, feature_mask & outline.mask, seed)


@dataclass(frozen=True, slots=True)
class _Choices:
    feature: Feature
    skin_tone: float
    hair: int
    ruler: bool
    vignette: float
    bubbles: int


def _choices(
    seed: int,
    feature: Feature | None,
    skin_tone: float | None,
    hair: int | None,
    ruler: bool | None,
    vignette: float | None,
    bubbles: int | None,
) -> _Choices:
    """What was asked for, and the rest at random."""
    dice = _stream(seed, "choices")
    return _Choices(
        feature=_known(_given(feature, FEATURES[int(dice.integers(len(FEATURES)))])),
        skin_tone=_given(skin_tone, float(dice.uniform() ** 2.2)),
        hair=_given(hair, int(dice.choice((0, 0, 3, 6, 10, 16)))),
        ruler=_given(ruler, bool(dice.uniform() < 0.25)),
        vignette=_given(vignette, float(dice.choice((dice.uniform(0, 0.35), 1.0), p=(0.7, 0.3)))),
        bubbles=_given(bubbles, int(dice.choice((0, 0, 2, 5)))),
    )


def _known(feature: Feature) -> Feature:
    if feature not in FEATURES:
        raise UnknownName.among("feature", feature, FEATURES)
    return feature


def _given(asked: T | None, random: T) -> T:
    """``asked`` if it was; ``random`` has been drawn in any case, so that the draws after it stay as they are."""
    return random if asked is None else asked


def _stream(seed: int, part: str) -> np.random.Generator:
    return np.random.default_rng([seed, *part.encode()])


def _dress(image: NDArray[np.float32], seed: int, chosen: _Choices, outline: Outline) -> None:
    """Hairs, gel, scale and frame, from the skin to the lens."""
    add_hairs(_stream(seed, "hair"), image, chosen.hair)
    add_bubbles(_stream(seed, "bubbles"), image, chosen.bubbles)
    if chosen.ruler:
        add_ruler(_stream(seed, "ruler"), image)
    shade(_stream(seed, "vignette"), image, chosen.vignette, outline.mask)


def _developed(image: NDArray[np.float32], seed: int) -> NDArray[np.uint8]:
    """With a sensor's noise and the sharpening that cameras do, as 8 bits."""
    scale = min(image.shape[:2]) / 450
    sharp = image + 0.7 * (image - cv2.GaussianBlur(image, (0, 0), max(1.6 * scale, 0.6)))
    noise = _stream(seed, "sensor").standard_normal(image.shape, np.float32)
    return np.asarray(np.clip(np.rint(255 * sharp + 1.6 * noise), 0, 255), np.uint8)
