"""Light through skin: pigments absorb (Beer-Lambert), depth scatters blue."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from skinvision.phantom.noise import Field

# Absorption per channel (R, G, B) in display values: fitted by eye to brown and red lesions.
MELANIN = np.array([0.60, 1.0, 1.42], np.float32)
# Melanin spread evenly through the skin looks greyer than a lesion's.
TAN = np.array([0.72, 1.0, 1.14], np.float32)
BLOOD = np.array([0.16, 1.0, 0.78], np.float32)
# What melanin looks like through a thickened epidermis: the blue-white veil.
VEIL = np.array([0.41, 0.42, 0.47], np.float32)
# Skin without any pigment under the lamps and cameras in use.
TINTS = np.array([
    (0.96, 0.74, 0.73), (0.97, 0.80, 0.68), (0.84, 0.78, 0.83), (0.92, 0.84, 0.77), (0.95, 0.70, 0.66),
], np.float32)  # fmt: skip
SURFACE = 0.025


@dataclass(frozen=True, slots=True, eq=False)
class Tissue:
    """What absorbs and scatters, changed in place while the phantom is built.

    Attributes:
        melanin, tan, blood: (H, W) float32 ≥ 0, optical depth in the green channel: of the lesion's pigment, of the
            skin's own, and of haemoglobin.
        veil: (H, W) float32 in [0, 1], how much of the light comes from scattering above deep melanin.
        glow: (H, W) float32, brightness of the surface, 0 for even.
    """

    melanin: Field
    tan: Field
    blood: Field
    veil: Field
    glow: Field


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """The colour of unpigmented skin (R, G, B) under this lamp and camera, and the sharpness of the lens in px."""

    tint: NDArray[np.float32]
    blur: float

    @classmethod
    def of(cls, dice: np.random.Generator, tone: float) -> Light:
        """One drawn at random between the tints in use, brighter for darker skin as a camera would set it."""
        weights = dice.dirichlet(np.full(len(TINTS), 0.6)).astype(np.float32)
        exposure = np.float32(dice.uniform(0.95, 1.04) + 0.3 * tone)
        return cls((exposure * weights @ TINTS).astype(np.float32), float(dice.uniform(0.4, 0.6)))


def photograph(tissue: Tissue, light: Light) -> NDArray[np.float32]:
    """(H, W, 3) in [0, 1]: the tissue in the display values of a camera."""
    depth = tissue.melanin[..., None] * MELANIN  # (H, W, 3)
    depth += tissue.tan[..., None] * TAN
    depth += tissue.blood[..., None] * BLOOD
    image = light.tint * np.exp(-depth)
    image += tissue.veil[..., None] * (VEIL - image)
    image *= 1 + tissue.glow[..., None]
    image = SURFACE + (1 - SURFACE) * image
    return np.asarray(cv2.GaussianBlur(np.clip(image, 0, 1), (0, 0), light.blur), np.float32)
