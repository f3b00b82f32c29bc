"""Random fields: smooth noise of a given grain, and nets of irregular cells."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Field = NDArray[np.float32]
Index = NDArray[np.intp]


def smooth(dice: np.random.Generator, height: int, width: int, grain: float) -> Field:
    """(H, W) Gaussian noise of mean 0 and variance 1 whose blobs are about ``grain`` px wide."""
    step = max(grain / 2, 1.0)
    rows, columns = int(height / step) + 4, int(width / step) + 4
    coarse = ndimage.gaussian_filter(dice.standard_normal((rows, columns)).astype(np.float32), grain / step / 2)
    coarse /= coarse.std() + 1e-6
    size = (round(columns * step), round(rows * step))
    fine = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    return np.array(fine[:height, :width], np.float32)


def fractal(dice: np.random.Generator, height: int, width: int, grain: float, octaves: int = 3) -> Field:
    """Smooth noise with finer and weaker noise on it: grain, grain / 2, grain / 4 …; variance about 1."""
    layers = [smooth(dice, height, width, grain / 2**k) / 2**k for k in range(octaves)]
    return np.asarray(sum(layers) / np.sqrt(sum(4.0**-k for k in range(octaves))), np.float32)


def net(dice: np.random.Generator, height: int, width: int, cell: float, line: float, warp: float = 0.25) -> Field:
    """(H, W) in [0, 1]: a net of lines ``line`` px wide around irregular cells ``cell`` px wide (a Voronoi diagram).

    Args:
        warp: how far the lines bend, in cells.
    """
    seeds = np.full((height, width), 255, np.uint8)
    seeds[scattered(dice, height, width, cell)] = 0
    _, label = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    inside = np.ones((height, width), np.uint8)
    inside[:, :-1][label[:, 1:] != label[:, :-1]] = 0
    inside[:-1][label[1:] != label[:-1]] = 0
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    lines = np.exp(-((distance / (0.5 * line)) ** 2)).astype(np.float32)
    return bent(dice, lines, grain=2 * cell, by=warp * cell)


def scattered(dice: np.random.Generator, height: int, width: int, spacing: float) -> tuple[Index, Index]:
    """Rows and columns of points about ``spacing`` px apart: a hexagonal grid, each point moved at random."""
    y, x = np.mgrid[: int(height / spacing / 0.87) + 2, : int(width / spacing) + 2].astype(float)
    x += 0.5 * (y % 2)
    moved = np.stack([y * 0.87, x]) + dice.uniform(-0.35, 0.35, (2, *y.shape))
    rows, columns = np.rint(moved.reshape(2, -1) * spacing).astype(np.intp)
    within = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    return rows[within], columns[within]


def bent(dice: np.random.Generator, values: Field, grain: float, by: float) -> Field:
    """``values`` (H, W) moved to and fro by ``by`` px, with bends about ``grain`` px long."""
    height, width = values.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x += by * smooth(dice, height, width, grain)
    y += by * smooth(dice, height, width, grain)
    return np.asarray(cv2.remap(values, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT), np.float32)


def step(values: Field, width: float) -> Field:
    """A soft step from 0 to 1 where ``values`` rises through 0, about ``width`` wide."""
    return np.asarray(1 / (1 + np.exp(-np.clip(values / (width / 4), -30, 30))), np.float32)
