"""Resize, crop, and the way back: the one home for coordinate changes.

Coordinates are pixels of the upright picture, x to the right and y down. A box is half-open: it holds the pixels
x0 ≤ x < x1, y0 ≤ y < y1. Resizing follows the half-pixel-centre convention (``align_corners=False``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from skinvision.errors import ShapeMismatch


@dataclass(frozen=True, slots=True)
class Box:
    """A half-open rectangle of pixels, x0 ≤ x < x1 and y0 ≤ y < y1.

    Raises:
        ShapeMismatch: the rectangle is empty or starts at a negative pixel.
    """

    x0: int
    y0: int
    x1: int
    y1: int

    def __post_init__(self) -> None:
        if not (0 <= self.x0 < self.x1 and 0 <= self.y0 < self.y1):
            raise ShapeMismatch("0 ≤ x0 < x1 and 0 ≤ y0 < y1", repr(self.as_tuple()), "give a box that holds a pixel")

    @classmethod
    def whole(cls, height: int, width: int) -> Box:
        """The box of a whole picture of (height, width) pixels."""
        return cls(0, 0, width, height)

    @property
    def height(self) -> int:
        return self.y1 - self.y0

    @property
    def width(self) -> int:
        return self.x1 - self.x0

    def as_tuple(self) -> tuple[int, int, int, int]:
        return (self.x0, self.y0, self.x1, self.y1)


def resize(array: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    """Resize (H, W) or (H, W, C) to (height, width): area average along axes that shrink, bilinear where they grow.

    The dtype is kept; uint8 and float32 are supported.
    """
    rows, columns = array.shape[:2]
    shrunk = cv2.resize(
        np.ascontiguousarray(array), (min(width, columns), min(height, rows)), interpolation=cv2.INTER_AREA
    )
    grown = cv2.resize(shrunk, (width, height), interpolation=cv2.INTER_LINEAR)
    return grown.reshape(height, width, *array.shape[2:])  # OpenCV drops an axis of one channel


def crop(image: NDArray[Any], box: Box) -> NDArray[Any]:
    """The pixels of ``image`` (H, W, …) inside ``box``, as a view.

    Raises:
        ShapeMismatch: the box reaches outside the image.
    """
    height, width = image.shape[:2]
    if box.x1 > width or box.y1 > height:
        raise ShapeMismatch(f"a box inside {height} × {width} px", repr(box.as_tuple()), "clip the box first")
    return image[box.y0 : box.y1, box.x0 : box.x1]


def place(values: NDArray[np.float32], box: Box, height: int, width: int, offset: float = 0.0) -> NDArray[np.float32]:
    """The way back of crop + resize: ``values`` (h, w) stretched over ``box`` in a picture (height, width).

    Pixels outside the box are 0.

    Args:
        offset: how far to the right and down of the middle of its square a value belongs, in cells.
    """
    picture = np.zeros((height, width), np.float32)
    rows, columns = (_spread(*axis, offset) for axis in zip((box.height, box.width), values.shape, strict=True))
    crop(picture, box)[...] = rows @ values @ columns.T
    return picture


def gather(picture: NDArray[Any], box: Box, height: int, width: int, offset: float = 0.0) -> NDArray[np.float32]:
    """The adjoint of ``place``: what each cell of a grid (height, width) over ``box`` stands for in ``picture`` (H, W).

    For any values on the grid, ``(place(values, box, H, W, offset) * picture).sum()`` is ``(values * gathered).sum()``,
    but many grids of values can be summed up from one gathering.
    """
    rows, columns = _spread(box.height, height, offset), _spread(box.width, width, offset)
    gathered: NDArray[np.float32] = rows.T @ crop(picture, box).astype(np.float32) @ columns
    return gathered


def extent(box: Box, height: int, width: int, offset: float = 0.0) -> NDArray[np.float32]:
    """What ``gather`` gives for a picture of ones: the pixels that each cell stands for, (height, width)."""
    return np.outer(_spread(box.height, height, offset).sum(axis=0), _spread(box.width, width, offset).sum(axis=0))


def bounding_box(binary: NDArray[np.bool_]) -> Box | None:
    """The smallest box around the true pixels of (H, W), or None where there are none."""
    if not binary.any():
        return None
    rows, columns = np.flatnonzero(binary.any(axis=1)), np.flatnonzero(binary.any(axis=0))
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def square_around(box: Box, margin: float, height: int, width: int) -> Box:
    """A square around the centre of ``box``, wider than its long side by ``margin`` on each side, moved and cut to fit.

    Args:
        margin: part of the long side added at either end, ≥ 0.
        height, width: of the picture that the square must stay within, px.
    """
    side = round(max(box.height, box.width) * (1 + 2 * margin))
    x0, x1 = _span(box.x0, box.x1, side, width)
    y0, y1 = _span(box.y0, box.y1, side, height)
    return Box(x0, y0, x1, y1)


def _span(low: int, high: int, side: int, limit: int) -> tuple[int, int]:
    side = min(side, limit)
    start = min(max((low + high - side) // 2, 0), limit - side)
    return start, start + side


def _spread(pixels: int, cells: int, offset: float) -> NDArray[np.float32]:
    """(pixels, cells): how much of each cell there is in each pixel along one axis.

    Linear between the cells and level beyond the outermost; where pixels are larger than cells, the mean over a pixel.
    """
    fine = pixels * math.ceil(cells / pixels)
    places = (np.arange(fine, dtype=np.float32) + 0.5) * (cells / fine) - 0.5 - offset  # in cells, 0 on the first
    near = 1 - np.abs(np.clip(places, 0, cells - 1)[:, None] - np.arange(cells, dtype=np.float32))
    return resize(np.maximum(near, 0).astype(np.float32), pixels, cells)
