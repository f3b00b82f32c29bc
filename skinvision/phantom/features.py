"""The deciding features. Each changes the tissue within a soft region and returns where it can be seen."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from skinvision.phantom.noise import Field, fractal, net, scattered, smooth
from skinvision.phantom.optics import Tissue
from skinvision.phantom.shape import Outline
from skinvision.phantom.skin import Ground

Draw = Callable[[np.random.Generator, Tissue, Field, Outline], NDArray[np.bool_]]

SEEN = 0.4


def draw_network(dice: np.random.Generator, tissue: Tissue, region: Field, _: Outline) -> NDArray[np.bool_]:
    """Brown lines around pale holes: melanin along the rete ridges."""
    height, width = region.shape
    scale = min(height, width) / 450
    cell = max(dice.uniform(9, 13) * scale, 4.0)
    lines = net(dice, height, width, cell, 0.42 * cell)
    boldness = np.clip(1 + 0.35 * smooth(dice, height, width, 5 * cell), 0.3, 1.8)
    tissue.melanin[...] += region * (dice.uniform(0.8, 1.2) * boldness * lines - 0.22)
    np.maximum(tissue.melanin, 0, out=tissue.melanin)
    return region >= SEEN


def draw_globules(dice: np.random.Generator, tissue: Tissue, region: Field, _: Outline) -> NDArray[np.bool_]:
    """Round brown clods: nests of melanocytes."""
    height, width = region.shape
    scale = min(height, width) / 450
    spacing = max(dice.uniform(10, 15) * scale, 4.0)
    rows, columns = scattered(dice, height, width, spacing)
    kept = (region[rows, columns] >= SEEN) & (dice.uniform(size=len(rows)) < 0.85)
    clods: Field = np.zeros((height, width), np.float32)
    for y, x in zip(rows[kept], columns[kept], strict=True):
        size = max(spacing * min(0.26 * np.exp(0.35 * dice.standard_normal()), 0.48), 1.2)
        _ellipse(clods, x, y, size, size * dice.uniform(0.65, 1), dice.uniform(0, 180), dice.uniform(0.35, 1.1))
    clods = np.asarray(cv2.GaussianBlur(clods, (0, 0), max(1.1 * scale, 0.5)), np.float32)
    clods *= 1 + 0.2 * smooth(dice, height, width, 4 * scale)
    tissue.melanin[...] += dice.uniform(0.75, 1.1) * clods - 0.1 * region
    np.maximum(tissue.melanin, 0, out=tissue.melanin)
    return region >= SEEN


def draw_blotch(dice: np.random.Generator, tissue: Tissue, region: Field, outline: Outline) -> NDArray[np.bool_]:
    """A dark area without structure: melanin throughout the epidermis."""
    height, width = region.shape
    patchy = 1 + 0.12 * fractal(dice, height, width, 0.3 * outline.radius)
    tissue.melanin[...] += np.float32(dice.uniform(1.3, 1.9)) * region * patchy
    return region >= SEEN


def draw_veil(dice: np.random.Generator, tissue: Tissue, region: Field, outline: Outline) -> NDArray[np.bool_]:
    """Blue-white haze: melanin deep in the dermis under a thickened epidermis."""
    height, width = region.shape
    cloudy = 0.62 + 0.17 * fractal(dice, height, width, 0.35 * outline.radius)
    tissue.melanin[...] += np.float32(0.7) * region
    tissue.veil[...] = np.clip(region * cloudy, 0, 0.9)
    return region >= SEEN


def draw_vessels(dice: np.random.Generator, tissue: Tissue, region: Field, outline: Outline) -> NDArray[np.bool_]:
    """Branching red vessels that taper, over a pink ground."""
    scale = min(region.shape) / 450
    canvas = np.zeros(region.shape, np.float32)
    starts = np.argwhere((region >= SEEN) & (region <= 0.8))
    aim = np.argwhere(region >= SEEN).mean(axis=0)
    for y, x in starts[dice.integers(len(starts), size=int(dice.integers(4, 7)))]:
        towards = np.arctan2(aim[0] - y, aim[1] - x) + dice.normal(0, 0.4)
        _branch(dice, canvas, (x, y), towards, 2.6 * scale, 0.75 * outline.radius)
    canvas = cv2.GaussianBlur(canvas, (0, 0), max(0.8 * scale, 0.5)) * region
    tissue.melanin[...] *= 1 - 0.45 * region
    tissue.blood[...] += 0.12 * region + 0.95 * canvas
    return region >= SEEN


# The ground of each feature leaves it room: a network cannot be seen on black, nor among coarse grain.
RECIPES: dict[str, tuple[Ground, Draw]] = {
    "network": (Ground(melanin=(0.35, 0.75), grain=(0.06, 0.12)), draw_network),
    "globules": (Ground(melanin=(0.35, 0.75), grain=(0.06, 0.12)), draw_globules),
    "blotch": (Ground(melanin=(0.4, 1.0)), draw_blotch),
    "veil": (Ground(melanin=(0.5, 1.3)), draw_veil),
    "vessels": (Ground(melanin=(0.35, 0.55), blood=(0.2, 0.4)), draw_vessels),
}


def _ellipse(canvas: Field, x: float, y: float, long: float, short: float, turn: float, value: float) -> None:
    centre, axes = (round(16 * x), round(16 * y)), (round(16 * long), round(16 * short))
    cv2.ellipse(canvas, centre, axes, turn, 0, 360, value, -1, cv2.LINE_AA, shift=4)


def _branch(
    dice: np.random.Generator, canvas: Field, start: tuple[float, float], towards: float, thick: float, length: float
) -> None:
    """A winding line from ``start`` that thins out and splits."""
    x, y = start
    stride = max(length / 14, 1.5)
    for step in range(14):
        towards += dice.normal(0, 0.28)
        x1, y1 = x + stride * np.cos(towards), y + stride * np.sin(towards)
        width = max(thick * (1 - 0.05 * step), 0.6)
        _line(canvas, (x, y), (x1, y1), width)
        x, y = x1, y1
        if width > 1.0 and dice.uniform() < 0.2:
            side = dice.choice((-1, 1)) * dice.uniform(0.5, 1.0)
            _branch(dice, canvas, (x, y), towards + side, 0.6 * width, 0.55 * length)


def _line(canvas: Field, start: tuple[float, float], end: tuple[float, float], thick: float) -> None:
    points = [(round(16 * x), round(16 * y)) for x, y in (start, end)]
    cv2.line(canvas, points[0], points[1], min(1.0, thick), max(1, round(thick)), cv2.LINE_AA, shift=4)
