"""The picture taken apart with the lesion's mask: what does the classifier say to each part?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skinvision.geometry import bounding_box, resize
from skinvision.phantom.optics import Light, photograph
from skinvision.phantom.scene import MIN_SIDE_PX
from skinvision.phantom.skin import bare_skin
from skinvision.stress.picture import Floats, Mask, Stressed, rim
from skinvision.stress.skin import HALO, SOFT, shades, skin_colour, skin_of, without_lesion

# The lesion is cut out with a little of the skin around it, that fades. Px at a short side of 450.
FADE = 8.0

# Synthetic skin is drawn at this short side, px, at most.
DRAWN = 300
LONGEST = 4096  # of a strip of skin; what is longer is stretched

# Scales and glints shine; beyond this they would burn out on light skin.
BRIGHTER = np.float32(1.25)
DARKEST = np.float32(1 / 255)


def lesion_only(image: NDArray[np.uint8], lesion: Mask) -> Stressed:
    """The lesion on a flat ground of this picture's mean skin colour, which begins ``FADE`` px from it.

    Args:
        image: (H, W, 3) uint8 sRGB.
        lesion: (H, W) bool. Where it is empty all is ground; where it is full nothing changes.

    Raises:
        ShapeMismatch: arrays of other shapes or types.
    """
    picture = Stressed(image, lesion)
    ground = np.broadcast_to(skin_colour(picture), image.shape)
    cut = rim(lesion, 0, FADE * picture.scale)[..., None]
    return picture.showing(ground + cut * (picture.floats() - ground))


def background_only(image: NDArray[np.uint8], lesion: Mask) -> Stressed:
    """The picture without its lesion: skin painted over it and a halo of 20 px (at a short side of 450).

    Args and raises as for ``lesion_only``. The lesion of the result is empty. A lesion that fills the picture leaves
    flat light skin, for then nothing tells what its skin looks like.
    """
    picture = Stressed(image, lesion)
    return Stressed(picture.showing(without_lesion(picture)).image, np.zeros_like(lesion))


def lesion_moved(image: NDArray[np.uint8], lesion: Mask, dx: float, dy: float) -> Stressed:
    """The lesion elsewhere in the picture, its old place painted over as in ``background_only``.

    Args:
        image: (H, W, 3) uint8 sRGB.
        lesion: (H, W) bool. A lesion that a picture's edge cuts shows that cut where it goes.
        dx, dy: how far to the right and down, as shares of the picture's width and height; no farther than the lesion
            stays inside. An empty mask, and one that leaves no room, change nothing.

    Raises:
        ShapeMismatch: arrays of other shapes or types.
    """
    picture = Stressed(image, lesion)
    x, y = _within(lesion, dx, dy)
    if x == y == 0:
        return picture
    moved = _shifted(picture, x, y)
    cut = rim(moved.lesion, 0, FADE * picture.scale)[..., None]
    ground = without_lesion(picture)
    return moved.showing(ground + cut * (moved.floats() - ground))


def other_skin(image: NDArray[np.uint8], lesion: Mask, tone: float, seed: int = 0) -> Stressed:
    """The lesion on synthetic skin, that of ``skinvision.phantom``: its tone can be chosen, and it is nobody's.

    What moves is the lesion's pigment: the new skin loses the share of light that the lesion took from its own skin
    (Beer-Lambert, as in the phantoms). So a lesion is darker on darker skin, as it would be, and has no pale ring.

    Args:
        image: (H, W, 3) uint8 sRGB.
        lesion: (H, W) bool. Where it is empty all is synthetic; where no skin is left beside it
            nothing changes.
        tone: 0 very light … 1 very dark (about Fitzpatrick I … VI).
        seed: ≥ 0, which skin.

    Raises:
        ShapeMismatch: arrays of other shapes or types.
    """
    picture = Stressed(image, lesion)
    skin = skin_of(picture)
    if not skin.any():
        return picture
    own = picture.floats()
    passed = np.clip(own / np.maximum(shades(own, skin), DARKEST), 0, BRIGHTER)  # (H, W, 3)
    cover = rim(lesion, HALO * picture.scale, (HALO + SOFT) * picture.scale)[..., None]
    ground = _synthetic(np.random.default_rng(seed), picture, tone)
    return picture.showing(np.asarray(ground * (1 + cover * (passed - 1)), np.float32))


def _within(lesion: Mask, dx: float, dy: float) -> tuple[int, int]:
    """The shift in px to the right and down that keeps the lesion's box inside."""
    box = bounding_box(lesion)
    if box is None:
        return 0, 0
    height, width = lesion.shape
    x = min(max(round(dx * width), -box.x0), width - box.x1)
    y = min(max(round(dy * height), -box.y0), height - box.y1)
    return x, y


def _shifted(picture: Stressed, x: int, y: int) -> Stressed:
    """Moved by x, y px; what comes in from outside is the mirrored edge, without lesion."""
    height, width = picture.lesion.shape
    margins = ((max(y, 0), max(-y, 0)), (max(x, 0), max(-x, 0)))
    window = (slice(max(-y, 0), max(-y, 0) + height), slice(max(-x, 0), max(-x, 0) + width))
    image = np.pad(picture.image, (*margins, (0, 0)), "symmetric")[window]
    return Stressed(image, np.pad(picture.lesion, margins)[window])


def _synthetic(dice: np.random.Generator, picture: Stressed, tone: float) -> Floats:
    """(H, W, 3) in [0, 1]: bare skin, drawn at a size at which it looks like skin and is quick."""
    height, width = picture.lesion.shape
    times = min(max(min(height, width), MIN_SIDE_PX), DRAWN) / min(height, width)
    rows, columns = (min(round(side * times), LONGEST) for side in (height, width))
    skin = bare_skin(dice, rows, columns, tone)
    return np.asarray(resize(photograph(skin, Light.of(dice, tone)), height, width), np.float32)
