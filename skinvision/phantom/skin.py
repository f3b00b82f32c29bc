"""Skin without a lesion, and the lesion's own pigment."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from skinvision.phantom.noise import Field, fractal, net, smooth
from skinvision.phantom.optics import Tissue
from skinvision.phantom.shape import Outline

DARKEST = 1.15

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a lesion is like apart from its deciding feature, as ranges that are drawn from.

    Attributes:
        melanin, blood: optical depth, on average over the lesion.
        grain: unevenness of the finest kind.
    """

    melanin: Range
    blood: Range = (0.0, 0.12)
    grain: Range = (0.12, 0.24)


def bare_skin(dice: np.random.Generator, height: int, width: int, tone: float) -> Tissue:
    """Skin of ``tone`` 0 (very light) … 1 (very dark), mottled and lined."""
    scale = min(height, width) / 450
    tan = np.float32(DARKEST * tone) * (1 + 0.06 * fractal(dice, height, width, 60 * scale))
    tan += 0.03 + 0.02 * fractal(dice, height, width, 14 * scale)
    blood = 0.06 + 0.04 * fractal(dice, height, width, 90 * scale, octaves=5)
    blood += dice.uniform(0, 0.05) * np.maximum(fractal(dice, height, width, 22 * scale, octaves=4), 0)
    furrows = _furrows(dice, height, width, scale)
    tan += np.float32(dice.uniform(0.01, 0.05)) * furrows
    glow = 0.02 * smooth(dice, height, width, 300 * scale) - np.float32(dice.uniform(0.02, 0.07)) * furrows
    glow += np.float32(dice.uniform(0.012, 0.028)) * smooth(dice, height, width, 3 * scale)
    none = np.zeros((height, width), np.float32)
    return Tissue(none.copy(), np.maximum(tan, 0), np.maximum(blood, 0), none, glow)


def pigment(dice: np.random.Generator, tissue: Tissue, outline: Outline, ground: Ground) -> None:
    """Brown shades over the lesion, uneven, and a reddish halo around it."""
    height, width = outline.mask.shape
    scale = min(height, width) / 450
    shades = 1 + 0.30 * smooth(dice, height, width, 0.9 * outline.radius)
    shades += 0.20 * fractal(dice, height, width, 0.35 * outline.radius, octaves=4)
    shades += np.float32(dice.uniform(*ground.grain)) * fractal(dice, height, width, 6 * scale, octaves=2)
    tissue.melanin[...] += np.float32(dice.uniform(*ground.melanin)) * outline.density * np.maximum(shades, 0.15)
    halo = cv2.GaussianBlur(outline.density, (0, 0), 0.12 * outline.radius)
    tissue.blood[...] += (
        np.float32(dice.uniform(*ground.blood)) * halo * (1 + 0.25 * fractal(dice, height, width, 40 * scale))
    )
    np.maximum(tissue.blood, 0, out=tissue.blood)


def _furrows(dice: np.random.Generator, height: int, width: int, scale: float) -> Field:
    """(H, W) in [0, 1]: the fine lines that cross skin."""
    coarse = net(dice, height, width, 34 * scale, 2.4 * scale)
    fine = net(dice, height, width, 15 * scale, 1.8 * scale)
    strength = 0.5 + 0.5 * np.tanh(smooth(dice, height, width, 80 * scale))
    return np.asarray(np.maximum(coarse, 0.6 * fine) * strength, np.float32)
