"""What lies between the skin and the lens: hairs, gel bubbles, the dermatoscope's frame."""

from __future__ import annotations

import numpy as np

from skinvision.phantom.clutter import add_bubbles, add_hairs
from skinvision.stress.picture import Stressed

# At strength 1.
HAIRS = 40
BUBBLES = 50

# The frame's circle at strength 1, in parts of the long side, and its edge in parts of its radius.
CIRCLE = 0.5
EDGE = 0.06
BLACK = np.float32(0.97)


def grow_hairs(picture: Stressed, strength: float, dice: np.random.Generator) -> Stressed:
    """Up to ``HAIRS`` hairs; those of a lower strength are among those of a higher one."""
    image = picture.floats()
    add_hairs(dice, image, round(strength * HAIRS))
    return picture.showing(image)


def trap_bubbles(picture: Stressed, strength: float, dice: np.random.Generator) -> Stressed:
    """Up to ``BUBBLES`` bubbles of air in the gel; those of a lower strength are among those of a higher one."""
    image = picture.floats()
    add_bubbles(dice, image, round(strength * BUBBLES))
    return picture.showing(image)


def darken_corners(picture: Stressed, strength: float, _: np.random.Generator) -> Stressed:
    """The black frame of a dermatoscope: a circle about the picture's middle that closes in as ``strength`` grows.

    At 1 its radius is ``CIRCLE`` of the long side, or as much more as it takes not to cut the lesion.
    """
    height, width = picture.lesion.shape
    rows, columns = np.ogrid[:height, :width]
    distance = np.hypot(rows - (height - 1) / 2, columns - (width - 1) / 2).astype(np.float32)
    farthest = float(distance[picture.lesion].max(initial=0))
    open_, closed = float(distance.max()), max(CIRCLE * max(height, width), farthest)
    radius = open_ - strength * max(open_ - closed, 0)
    dark = np.clip((distance - radius) / (EDGE * max(radius, 1)), 0, 1)
    dark = dark * dark * (3 - 2 * dark)
    return picture.showing(picture.floats() * (1 - BLACK * dark)[..., None])
