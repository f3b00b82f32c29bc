"""The outline of the lesion, and a region within it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from skinvision.phantom.noise import Field, fractal, smooth, step


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """Where the lesion is.

    Attributes:
        density: (H, W) float32 in [0, 1], fading over the border.
        mask: (H, W) bool, one piece without holes: where the density is at least ``VISIBLE``.
        inside: (H, W) float32, px to the border; 0 outside.
        radius: px, of the circle of the same area.
    """

    density: Field
    mask: NDArray[np.bool_]
    inside: Field
    radius: float


VISIBLE = 0.4


def grow(dice: np.random.Generator, height: int, width: int) -> Outline:
    """An irregular, softly bordered shape near the middle of the picture."""
    short = min(height, width)
    radius = short * dice.uniform(0.2, 0.33)
    rough = dice.uniform(0.5, 1.5)
    field = 1 - _elliptic(dice, height, width, radius)
    field += rough * 0.14 * smooth(dice, height, width, 1.1 * radius)
    field += rough * 0.08 * fractal(dice, height, width, 0.4 * radius, octaves=5)
    softness = dice.uniform(0.09, 0.22) * np.exp(0.3 * smooth(dice, height, width, 1.5 * radius))
    density = step(field, softness)
    mask = _largest(density >= VISIBLE)
    density = np.maximum(density * _near(mask, 0.12 * radius), np.float32(VISIBLE) * mask)
    return Outline(density, mask, _distance_to_false(mask), float(np.sqrt(mask.sum() / np.pi)))


def region_within(dice: np.random.Generator, outline: Outline) -> Field:
    """(H, W) in [0, 1]: a soft patch of a fifth to a half of the lesion, somewhere inside it."""
    height, width = outline.mask.shape
    deep = np.argwhere(outline.inside >= 0.55 * outline.inside.max())
    y, x = deep[dice.integers(len(deep))]
    rows, columns = np.ogrid[:height, :width]
    distance = np.hypot(rows - y, columns - x).astype(np.float32) / (outline.radius * dice.uniform(0.5, 0.72))
    field = 1 - distance + 0.22 * fractal(dice, height, width, 0.5 * outline.radius)
    rim = 0.04 * outline.radius
    return step(field, 0.6) * step(outline.inside - rim, 2 * rim)


def _elliptic(dice: np.random.Generator, height: int, width: int, radius: float) -> Field:
    """Distance from a point near the middle, 1 on a turned ellipse of that mean radius."""
    aspect, turn = dice.uniform(1, 1.4), dice.uniform(0, np.pi)
    y0, x0 = (0.5 + dice.uniform(-0.06, 0.06, 2)) * (height, width)
    y, x = np.ogrid[:height, :width]
    along = (x - x0) * np.cos(turn) + (y - y0) * np.sin(turn)
    across = (y - y0) * np.cos(turn) - (x - x0) * np.sin(turn)
    return np.asarray(np.hypot(along / aspect**0.5, across * aspect**0.5) / radius, np.float32)


def _largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest piece of ``mask``, its holes filled."""
    _, label, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    piece = label == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    return np.asarray(ndimage.binary_fill_holes(piece), np.bool_)


def _near(mask: NDArray[np.bool_], reach: float) -> Field:
    """1 in ``mask``, fading to 0 within ``reach`` px around it, so that pieces apart from it vanish."""
    return np.asarray(np.clip(1.5 - _distance_to_false(~mask) / max(reach, 2.0), 0, 1), np.float32)


def _distance_to_false(mask: NDArray[np.bool_]) -> Field:
    """(H, W) px from each pixel to the nearest one that is false."""
    return np.asarray(cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5), np.float32)
