"""Darker or lighter skin around a lesion that stays as it is."""

from __future__ import annotations

import numpy as np

from skinvision.phantom.optics import TAN
from skinvision.stress.picture import Floats, Stressed, rim
from skinvision.stress.srgb import LUMINANCE, to_light

# L* that strength ± 1 adds to the skin. From very light to very dark human skin it is about 35.
SPAN = 20.0

# How wide the change sets in around the lesion. Px at a short side of 450.
SOFT = 8.0


def change_tone(picture: Stressed, strength: float, _: np.random.Generator) -> Stressed:
    """Skin with more or less melanin, so that L* (CIE Lab) of its median colour moves by ``SPAN`` × ``strength``.

    The lesion's pixels are kept; around them the change sets in over ``SOFT`` px. Black stays black. Skin gets no
    lighter than white, so that very light skin moves less.
    """
    outside = ~picture.lesion
    if not outside.any():
        return picture
    depth = _melanin(np.median(picture.image[outside], axis=0) / 255, SPAN * strength)
    around = depth * (1 - rim(picture.lesion, 0, SOFT * picture.scale))
    return picture.showing(picture.floats() * np.exp(-around[..., None] * TAN))


def _melanin(colour: Floats, shift: float) -> np.float32:
    """Optical depth that moves L* of ``colour`` (3,) by ``shift``, found by halving."""
    wanted = _lightness(colour) + shift
    low, high = -4.0, 4.0
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (middle, high) if _lightness(colour * np.exp(-middle * TAN)) > wanted else (low, middle)
    return np.float32(low)


def _lightness(colour: Floats) -> float:
    """L* of sRGB in [0, 1] (CIE 1976)."""
    y = float(LUMINANCE @ to_light(np.clip(colour, 0, 1)))
    return 116 * y ** (1 / 3) - 16 if y > (6 / 29) ** 3 else y * (29 / 3) ** 3
