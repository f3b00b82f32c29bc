"""What a hand draws over a picture: colour, or more or less lesion. A layer is (h, w, 4) uint8 RGBA, of any size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from skinvision.errors import ShapeMismatch
from skinvision.geometry import resize
from skinvision.stress.picture import Mask, Stressed

# Of strokes that change the lesion, R, G, B (Okabe & Ito 2008); they are told apart by which of red and green is more.
MORE, LESS = (0, 158, 115), (213, 94, 0)


def paint(image: NDArray[np.uint8], lesion: Mask, layer: NDArray[np.uint8]) -> Stressed:
    """The picture with the layer upon it, as opaque as that is; the lesion stays where it is.

    Args:
        image: (H, W, 3) uint8 sRGB.
        lesion: (H, W) bool.
        layer: (h, w, 4) uint8 RGBA.

    Raises:
        ShapeMismatch: arrays of other shapes or types.
    """
    picture = Stressed(image, lesion)
    colour, cover = _spread(layer, lesion.shape)
    own = picture.floats()
    return picture.showing(own + cover[..., None] * (colour - own))


def redraw(image: NDArray[np.uint8], lesion: Mask, layer: NDArray[np.uint8]) -> Stressed:
    """The picture with another lesion: more where strokes are as ``MORE``, less where they are as ``LESS``.

    Args and raises as for ``paint``; the picture itself stays as it is.
    """
    picture = Stressed(image, lesion)
    colour, cover = _spread(layer, lesion.shape)
    drawn, more = cover >= 0.5, colour[..., 1] > colour[..., 0]
    return Stressed(picture.image, np.where(drawn, more, lesion))


def grown(lesion: Mask, px: int) -> Mask:
    """(H, W) bool: all that is at most ``px`` away from the lesion; without a rim of that width where ``px`` < 0.

    An empty lesion does not grow, and one that fills the picture does not shrink.
    """
    if not px or not lesion.any() or lesion.all():
        return lesion
    if px < 0:
        return np.asarray(distance_transform_edt(lesion) > -px)
    return np.asarray(distance_transform_edt(~lesion) <= px)


def _spread(layer: NDArray[np.uint8], size: tuple[int, ...]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Colours (H, W, 3) and opacity (H, W) of a layer over a picture of ``size``, both in [0, 1]."""
    if layer.dtype != np.uint8 or layer.ndim != 3 or layer.shape[2] != 4:
        expected, got = "a layer (h, w, 4) as uint8", f"{layer.dtype.name} of shape {layer.shape}"
        raise ShapeMismatch(expected, got, "give what was drawn as RGBA")
    values = layer.astype(np.float32) / np.float32(255)
    cover = resize(values[..., 3], size[0], size[1])
    tinted = resize(values[..., :3] * values[..., 3:], size[0], size[1])  # so that what is clear lends no colour
    colour = np.clip(tinted / np.maximum(cover, 1e-6)[..., None], 0, 1)
    return np.asarray(colour, np.float32), np.asarray(cover, np.float32)
