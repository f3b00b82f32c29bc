"""What goes into a stress test and comes out of it: a picture, and where its lesion is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from skinvision.errors import ShapeMismatch

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Stressed:
    """A picture under stress; arrays are read-only.

    Attributes:
        image: (H, W, 3) uint8 sRGB.
        lesion: (H, W) bool, where the lesion is in ``image``: it moves, grows and turns with the picture. May be empty.

    Raises:
        ShapeMismatch: arrays of other shapes or types.
    """

    image: NDArray[np.uint8]
    lesion: Mask

    def __post_init__(self) -> None:
        image, lesion = self.image, self.lesion
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
            raise ShapeMismatch("image (H, W, 3) as uint8", _described(image), "convert the picture to 8-bit RGB")
        if lesion.dtype != np.bool_ or lesion.shape != image.shape[:2]:
            expected = f"lesion {image.shape[:2]} as bool"
            raise ShapeMismatch(expected, _described(lesion), "give the binary mask of this picture")
        for name in ("image", "lesion"):
            sealed = getattr(self, name).view()
            sealed.flags.writeable = False
            object.__setattr__(self, name, sealed)

    @property
    def scale(self) -> float:
        """1 for a picture whose short side is 450 px; lengths in px are given for that one."""
        return float(min(self.lesion.shape)) / 450

    def floats(self) -> Floats:
        """(H, W, 3) in [0, 1], a copy to draw on."""
        return self.image.astype(np.float32) / np.float32(255)

    def showing(self, image: Floats) -> Stressed:
        """``image`` (H, W, 3) in [0, 1] instead, with the lesion where it is. What was not drawn on stays exact."""
        return replace(self, image=np.clip(np.rint(255 * image), 0, 255).astype(np.uint8))


def rim(lesion: Mask, start: float, end: float) -> Floats:
    """(H, W) in [0, 1]: 1 on the lesion and up to ``start`` px around it, falling softly to 0 at ``end`` px."""
    distance = away(lesion)
    fall = np.clip((distance - start) / max(end - start, 1e-3), 0, 1)
    return np.asarray(1 - fall * fall * (3 - 2 * fall), np.float32)


def away(lesion: Mask) -> Floats:
    """(H, W) px from each pixel to the lesion; farther than the picture is large where there is none."""
    if not lesion.any():
        return np.full(lesion.shape, 2 * sum(lesion.shape), np.float32)
    return np.asarray(cv2.distanceTransform((~lesion).astype(np.uint8), cv2.DIST_L2, 5), np.float32)


def _described(array: NDArray[Any]) -> str:
    return f"{array.dtype.name} of shape {array.shape}"
