"""What a camera, a file or a hand does to a picture: colour cast, blur, JPEG, zoom, turn."""

from __future__ import annotations

import cv2
import numpy as np

from skinvision.geometry import Box, bounding_box, crop, resize
from skinvision.stress.picture import Stressed
from skinvision.stress.skin import without_lesion
from skinvision.stress.srgb import LUMINANCE, to_display, to_light

# Gains of linear R, G, B at strength 1, brightness kept: a picture by lamplight developed for daylight.
WARM = np.array([1.28, 1.0, 0.60])

# At strength 1: standard deviation in px at a short side of 450; JPEG quality; magnification; degrees.
BLUR = 6.0
BEST, WORST = 95.0, 10.0
ZOOM = 2.0
TURN = 180.0


def cast(picture: Stressed, strength: float, _: np.random.Generator) -> Stressed:
    """A wrong white balance: yellowish above 0, bluish below. Grey keeps its brightness."""
    gains = WARM**strength
    light = to_light(np.arange(256)[:, None] / 255) * gains / (LUMINANCE @ gains)  # (256, 3)
    table = np.rint(255 * to_display(np.clip(light, 0, 1))).astype(np.uint8)
    return Stressed(np.stack([table[picture.image[..., k], k] for k in range(3)], axis=-1), picture.lesion)


def blur(picture: Stressed, strength: float, _: np.random.Generator) -> Stressed:
    """Out of focus: a Gaussian of standard deviation ``BLUR`` × ``strength``."""
    blurred = cv2.GaussianBlur(picture.floats(), (0, 0), BLUR * strength * picture.scale)
    return picture.showing(np.asarray(blurred, np.float32))


def compress(picture: Stressed, strength: float, _: np.random.Generator) -> Stressed:
    """Through JPEG at a quality from ``BEST`` down to ``WORST``, in equal ratios."""
    quality = round(BEST * (WORST / BEST) ** strength)
    file = cv2.imencode(".jpg", picture.image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    decoded = np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR), np.uint8)  # B, G, R
    return Stressed(np.ascontiguousarray(decoded[..., ::-1]), picture.lesion)


def zoom(picture: Stressed, strength: float, _: np.random.Generator) -> Stressed:
    """Nearer, up to ``ZOOM`` times, about the lesion's middle as far as the frame allows."""
    height, width = picture.lesion.shape
    times = 1 + (ZOOM - 1) * strength
    box = bounding_box(picture.lesion) or Box.whole(height, width)
    x0, x1 = _window((box.x0 + box.x1) / 2, width / times, width)
    y0, y1 = _window((box.y0 + box.y1) / 2, height / times, height)
    near = Box(x0, y0, x1, y1)
    lesion = resize(crop(picture.lesion, near).astype(np.float32), height, width) >= 0.5
    return Stressed(resize(crop(picture.image, near), height, width), lesion)


def _window(middle: float, length: float, limit: int) -> tuple[int, int]:
    """First and one past the last px of a window of ``length`` around ``middle``, moved to fit into ``limit``."""
    side = max(1, round(length))
    start = min(max(round(middle - side / 2), 0), limit - side)
    return start, start + side


def turn(picture: Stressed, strength: float, _: np.random.Generator) -> Stressed:
    """Turned anticlockwise about the picture's middle, by up to ``TURN`` degrees.

    The corners that it opens show the mirrored picture without its lesion, so that there is still one.
    """
    height, width = picture.lesion.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), TURN * strength, 1)
    beyond = picture.showing(without_lesion(picture)).image
    turned, corners = (
        cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
        for image in (picture.image, beyond)
    )
    within, lesion = (
        cv2.warpAffine(mask.astype(np.float32), matrix, (width, height), flags=cv2.INTER_LINEAR) >= 0.5
        for mask in (np.ones_like(picture.lesion), picture.lesion)
    )
    return Stressed(np.where(within[..., None], turned, corners), lesion)
