"""A surgical marker's ink on the skin around the lesion."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from skinvision.phantom.noise import fractal
from skinvision.stress.picture import Floats, Mask, Stressed, rim

Points = NDArray[np.float64]

# Optical depth of a marker's ink per channel (R, G, B), violet and blue: gentian violet absorbs around 590 nm.
INKS = np.array([(1.15, 1.60, 0.45), (1.75, 1.20, 0.40)], np.float32)
DASHES = 6
# How wide the tip writes: about 1 mm on skin. Px at a short side of 450.
LINE, DOT = 11, 15


def add_ink(picture: Stressed, strength: float, dice: np.random.Generator) -> Stressed:
    """Dashes and dots of a surgical marker around the lesion, drawn one after the other as ``strength`` grows."""
    scale = picture.scale
    strokes = _strokes(dice, picture.lesion)
    canvas = np.zeros(picture.lesion.shape, np.uint8)
    for k, stroke in enumerate(strokes):
        pressure = np.clip(strength * len(strokes) - k, 0, 1)
        thick = max(1, round(scale * (LINE if len(stroke) > 2 else DOT)))
        places = np.rint(16 * stroke).astype(np.int32)
        cv2.polylines(canvas, [places], False, float(np.rint(255 * pressure)), thick, cv2.LINE_AA, shift=4)
    depth = _soaked(dice, canvas, scale) * (1 - rim(picture.lesion, 0, 5 * scale))
    ink = INKS[dice.integers(len(INKS))]
    return picture.showing(picture.floats() * np.exp(-depth[..., None] * ink))


def _strokes(dice: np.random.Generator, lesion: Mask) -> list[Points]:
    """Each (n, 2) as x, y: ``DASHES`` parts of a ring around the lesion in shuffled order, each followed by a dot."""
    middle, reach = _reach(lesion)
    gap = min(lesion.shape) * dice.uniform(0.09, 0.15)
    strokes = []
    for k in dice.permutation(DASHES):
        start = 2 * np.pi * (k + dice.uniform(-0.12, 0.12)) / DASHES
        angles = start + np.linspace(0, dice.uniform(0.45, 0.65), 12)
        wobble = 0.04 * gap * dice.standard_normal(12).cumsum() + dice.uniform(-0.2, 0.2) * gap
        strokes.append(_around(middle, reach, angles, gap + wobble, lesion.shape))
        dot = angles[-1:] + 0.22 + np.array([0, 0.03])
        strokes.append(_around(middle, reach, dot, gap * np.repeat(dice.uniform(0.8, 1.5), 2), lesion.shape))
    return strokes


def _reach(lesion: Mask) -> tuple[Points, Points]:
    """The middle of the lesion as x, y, and its convex hull (n, 2) relative to that; a disc where it is empty."""
    height, width = lesion.shape
    if not lesion.any():
        angles = np.linspace(0, 2 * np.pi, 32)
        disc = 0.2 * min(height, width) * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        return np.array([width / 2, height / 2]), disc
    rows, columns = np.nonzero(lesion)
    hull = cv2.convexHull(np.stack([columns, rows], axis=1).astype(np.int32))[:, 0].astype(np.float64)
    middle = np.array([columns.mean(), rows.mean()])
    return middle, hull - middle


def _around(middle: Points, hull: Points, angles: Points, gap: Points, size: tuple[int, int]) -> Points:
    """(n, 2) points at ``angles``, ``gap`` px outside a convex ``hull``, but inside the picture."""
    towards = np.stack([np.cos(angles), np.sin(angles)], axis=1)  # (n, 2)
    support = (towards @ hull.T).max(axis=1)
    inset = 0.03 * min(size)
    edges = np.array([size[1], size[0]]) - inset
    return np.asarray(np.clip(middle + towards * (support + gap)[:, None], inset, edges), np.float64)


def _soaked(dice: np.random.Generator, canvas: NDArray[np.uint8], scale: float) -> Floats:
    """(H, W) optical depth of what a felt tip leaves: uneven, and with a blurred edge."""
    height, width = canvas.shape
    spread = cv2.GaussianBlur(canvas.astype(np.float32) / 255, (0, 0), max(1.8 * scale, 0.5))
    uneven = 0.8 + 0.3 * fractal(dice, height, width, 12 * scale, octaves=4)
    return np.asarray(spread * np.clip(uneven, 0.3, 1.4), np.float32)
