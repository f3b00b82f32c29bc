"""The skin around a lesion: which pixels show it, and what it might look like where the lesion lies."""

from __future__ import annotations

import cv2
import numpy as np
from scipy import fft

from skinvision.geometry import resize
from skinvision.stress.picture import Floats, Mask, Stressed, rim

# Around a mask lies what its outline missed: a halo of pigment, a shadow. Px at a short side of 450.
HALO = 14.0
SOFT = 6.0

# Hairs, ink and the black frame are darker than this part of the skin's median brightness.
DARK = 0.7

# Stands in where a lesion fills the picture, so that nothing of it is left: light skin, R, G, B.
PALE = np.array([0.88, 0.72, 0.66], np.float32)

# The fill is smooth: it is worked out on a picture of this short side, px.
REDUCED = 112
BLUR = 2.0
SWEEPS = 12

# The grain repeats after this many px.
PERIOD = 256

# With less skin than this part of the picture nothing is known about it.
LEAST = 0.01


def skin_of(picture: Stressed) -> Mask:
    """(H, W) bool: what is surely skin: outside the lesion and its halo, and not as dark as hairs or the frame."""
    outside = rim(picture.lesion, 0, HALO * picture.scale) == 0
    if outside.mean() < LEAST:
        outside = ~picture.lesion
    if outside.mean() < LEAST:
        return np.zeros_like(outside)
    brightness = cv2.cvtColor(picture.image, cv2.COLOR_RGB2GRAY)
    return np.asarray(outside & (brightness >= DARK * np.median(brightness[outside])), np.bool_)


def skin_colour(picture: Stressed) -> Floats:
    """(3,) in [0, 1], the mean over the skin; ``PALE`` where a lesion fills the picture."""
    skin = skin_of(picture)
    if not skin.any():
        return PALE
    return np.asarray(picture.image[skin].mean(axis=0) / 255, np.float32)


def without_lesion(picture: Stressed) -> Floats:
    """(H, W, 3) in [0, 1]: skin painted over the lesion and its halo; as before from ``HALO + SOFT`` px on.

    The shades come from a harmonic fill (Laplace's equation between the skin on all sides), the grain is noise like
    that of this picture's skin. A lesion that leaves no skin is covered with ``PALE``.
    """
    image = picture.floats()
    if not picture.lesion.any():
        return image
    skin = skin_of(picture)
    if skin.any():
        smooth = shades(image, skin)
        patch = np.clip(smooth + _grain(image - smooth, picture, skin), 0, 1)
    else:
        patch = np.broadcast_to(PALE, image.shape)
    cover = rim(picture.lesion, HALO * picture.scale, (HALO + SOFT) * picture.scale)
    return np.asarray(image + cover[..., None] * (patch - image), np.float32)


def shades(image: Floats, skin: Mask) -> Floats:
    """(H, W, 3): the skin of ``image`` without its grain, carried on smoothly to where ``skin`` is false.

    Some of ``skin`` must be true.
    """
    height, width = skin.shape
    reduced = min(1.0, REDUCED / min(height, width))
    rows, columns = max(1, round(height * reduced)), max(1, round(width * reduced))
    weight = cv2.GaussianBlur(resize(skin.astype(np.float32), rows, columns), (0, 0), BLUR)  # (h, w)
    colours = cv2.GaussianBlur(resize(image * skin[..., None], rows, columns), (0, 0), BLUR)  # (h, w, 3)
    known = weight > min(0.3, float(weight.max()) / 2)
    level = np.asarray(colours / np.maximum(weight, 1e-6)[..., None], np.float32)
    return np.asarray(resize(_harmonic(level, known), height, width), np.float32)


def _harmonic(values: Floats, known: Mask) -> Floats:
    """(h, w, 3): ``values`` where ``known``, elsewhere what solves Laplace's equation (Jacobi, from coarse to fine)."""
    height, width = known.shape
    if known.all():
        return values
    if min(height, width) <= 2:
        return np.where(known[..., None], values, values[known].mean(axis=0))
    rows, columns = (height + 1) // 2, (width + 1) // 2
    weight = resize(known.astype(np.float32), rows, columns)
    coarse = resize(values * known[..., None], rows, columns) / np.maximum(weight, 1e-6)[..., None]
    filled = resize(_harmonic(coarse, weight > 0), height, width)
    for _ in range(SWEEPS):
        filled = np.where(known[..., None], values, cv2.blur(filled, (3, 3)))
    return np.asarray(filled, np.float32)


def _grain(detail: Floats, picture: Stressed, skin: Mask) -> Floats:
    """(H, W, 3) noise with the spectrum of ``detail`` in the largest square of bare skin, and no feature of it.

    That is the square's detail convolved with white noise (Galerne, Gousseau & Morel, IEEE Trans. Image Process. 2011).
    """
    square = _largest_square(_without_gaps(picture, skin))
    limit = 3 * np.median(np.abs(detail[square][skin[square]]))  # two standard deviations: the rest are hairs
    spot = np.clip(detail[square], -limit, limit) * skin[square][..., None]  # (side, side, 3)
    spot -= spot.mean(axis=(0, 1))
    noise = np.random.default_rng(0).standard_normal((PERIOD, PERIOD), np.float32) / len(spot)
    spectrum = fft.rfft2(noise)[..., None] * fft.rfft2(spot, (PERIOD, PERIOD), axes=(0, 1))
    tile = fft.irfft2(spectrum, (PERIOD, PERIOD), axes=(0, 1))  # periodic, so that tiles join
    height, width = skin.shape
    repeats = (-(-height // PERIOD), -(-width // PERIOD), 1)
    return np.asarray(np.tile(tile, repeats)[:height, :width], np.float32)


def _largest_square(mask: Mask) -> tuple[slice, slice]:
    """Rows and columns of a largest square of true pixels, at most ``PERIOD`` px wide."""
    distance = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_C, 3)[1:-1, 1:-1]
    y, x = np.unravel_index(int(distance.argmax()), distance.shape)
    reach = min(max(int(distance[y, x]) - 1, 0), PERIOD // 2 - 1)
    return slice(int(y) - reach, int(y) + reach + 1), slice(int(x) - reach, int(x) + reach + 1)


def _without_gaps(picture: Stressed, skin: Mask) -> Mask:
    """``skin`` with what is thin closed, such as hairs, but never over the lesion."""
    side = 2 * round(4 * picture.scale) + 1
    closed = cv2.morphologyEx(skin.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    return np.asarray((closed > 0) & (rim(picture.lesion, 0, HALO * picture.scale) == 0), np.bool_)
