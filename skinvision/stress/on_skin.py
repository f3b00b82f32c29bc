"""What lies on the skin beside the lesion: a sticker, a scale. The lesion's own pixels stay as they
are, but under a scale that finds no free edge.
"""

from __future__ import annotations

import cv2
import numpy as np

from skinvision.phantom.clutter import add_ruler
from skinvision.stress.picture import Floats, Stressed, away, rim

STICKERS = np.array([
    (0.93, 0.60, 0.16), (0.94, 0.82, 0.22), (0.28, 0.62, 0.38), (0.22, 0.50, 0.76), (0.80, 0.27, 0.25),
], np.float32)  # fmt: skip


def lay_sticker(picture: Stressed, strength: float, dice: np.random.Generator) -> Stressed:
    """A round coloured patch far from the lesion, whose radius grows with ``strength``; none where there is no room."""
    light, colour = _light(picture), STICKERS[dice.integers(len(STICKERS))]
    room = away(picture.lesion)
    y, x = _free_place(dice, room * (light > 0.5))
    full = min(0.42 * min(room.shape), float(room[y, x]) - 4 * picture.scale)
    rows, columns = np.ogrid[: room.shape[0], : room.shape[1]]
    outside = np.hypot(rows - y, columns - x).astype(np.float32) - np.float32(strength * full)  # px
    free = 1 - rim(picture.lesion, 0, 4 * picture.scale)
    paper = free * np.clip(0.5 - outside / max(1.5 * picture.scale, 1), 0, 1)
    shadow = free * np.float32(0.3 * strength) * np.exp(-np.abs(outside) / (4 * picture.scale))
    image = picture.floats() * (1 - shadow)[..., None]
    grain = 1 + 0.015 * dice.standard_normal(room.shape, np.float32)
    return picture.showing(image + paper[..., None] * ((light * grain)[..., None] * colour - image))


def _light(picture: Stressed) -> Floats:
    """(H, W): how brightly paper would be lit: 1 on a usual skin, less in shadow, 0 in the black of a frame."""
    side = 2 * round(7 * picture.scale) + 1  # wider than hairs, which do not darken the paper
    grey = cv2.medianBlur(cv2.cvtColor(picture.image, cv2.COLOR_RGB2GRAY), side).astype(np.float32)
    smooth = cv2.GaussianBlur(grey, (0, 0), max(3 * picture.scale, 0.5))
    return np.asarray(np.clip(1.4 * smooth / max(float(np.median(grey)), 1), 0, 1), np.float32)


def _free_place(dice: np.random.Generator, room: Floats) -> tuple[int, int]:
    """A row and a column, of those with the most room around them."""
    step = max(1, min(room.shape) // 16)
    grid = room[::step, ::step]
    places = np.argwhere(grid >= 0.8 * grid.max())
    y, x = step * places[dice.integers(len(places))]
    return int(y), int(x)


def lay_ruler(picture: Stressed, strength: float, dice: np.random.Generator) -> Stressed:
    """A millimetre scale along an edge, its print darker as ``strength`` grows.

    It lies over the lesion only where that reaches the scale's place at all four edges.
    """
    image, seed = picture.floats(), int(dice.integers(2**32))
    best, least = image, np.inf
    for quarter in range(4):
        ruled = image.copy()
        add_ruler(np.random.default_rng(seed), np.rot90(ruled, quarter))
        covered = float(np.abs(ruled - image)[picture.lesion].sum())
        if covered < least:
            best, least = ruled, covered
        if covered == 0:
            break
    return picture.showing(image + np.float32(strength) * (best - image))
