"""Mask and heatmap over the picture, the colour bar, and PNG bytes. Arrays in, arrays out, drawn with Pillow.

Pictures may be reduced before: an overlay brings mask and evidence to the size of the picture that it is given. The
colour map is viridis: perceptually uniform, safe for colour-blind eyes, and of green that no skin has.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from skinvision.errors import ShapeMismatch
from skinvision.geometry import resize
from skinvision.render.words import number
from skinvision.types import Explanation, LesionMask

SKY_BLUE, ORANGE, PURPLE, GREEN = (86, 180, 233), (230, 159, 0), (204, 121, 167), (0, 158, 115)  # Okabe & Ito 2008
OUTLINES = (SKY_BLUE, ORANGE, PURPLE, GREEN)
_TINT_STRENGTH = 0.6
_WHITE, _INK, _QUIET = (255, 255, 255), (28, 28, 30), (95, 95, 100)
_LEVELS = 256
_BOLD, _FINE = 400, 600  # lines are one of so many parts of a picture, or of a heatmap, which is to be seen as well
_THICKEST = 20  # and never more than one of so many of the shorter side
_NARROWEST_LINED = 32  # px; on a narrower strip lines would leave nothing to be seen
_ROWS_AT_ONCE = 16  # floats of so many stay in the cache, and need no pages of memory of their own
_NARROWEST_BAR = 288
_WIDEST_BAR = 8192  # of a picture of 250,000 × 64 px, the bar would take 40 GB


def thumbnail(image: NDArray[np.uint8], longest: int = 1024) -> NDArray[np.uint8]:
    """``image`` (H, W, 3) with a longest side of ``longest`` px, as sent to a screen.

    Smaller pictures grow, so that the contour and the letters drawn on them stay sharp.
    """
    height, width = image.shape[:2]
    ratio = longest / max(height, width)
    return resize(image, max(round(height * ratio), 1), max(round(width * ratio), 1))


def mask_overlay(
    image: NDArray[np.uint8], mask: LesionMask, opacity: float, colour: tuple[int, int, int] = SKY_BLUE
) -> NDArray[np.uint8]:
    """The picture with the lesion tinted and outlined.

    The outline is white between black lines, to be seen on every skin, and as thick as suits the picture's size.

    Args:
        image: (H, W, 3) uint8.
        mask: of the same picture, at any size.
        opacity: of the tint, in [0, 1]; the outline is always drawn.
        colour: of the tint, RGB.

    Returns:
        (H, W, 3) uint8, a new array.

    Raises:
        ShapeMismatch: the mask has other proportions, or ``opacity`` lies outside [0, 1].
    """
    _check_opacity(opacity)
    inside = _inside(mask, image)
    keep = np.array([1, 1 - _TINT_STRENGTH * opacity], np.float32)
    tint = np.outer(1 - keep, colour).astype(np.float32)
    drawn = _blend(image, inside, keep, tint)
    _outline(drawn, inside, _WHITE, _line(image, _BOLD))
    return drawn


def outlines_overlay(image: NDArray[np.uint8], masks: Sequence[LesionMask]) -> NDArray[np.uint8]:
    """The picture with the outlines of several masks, in the colours of ``OUTLINES``, between black lines.

    Each line is thinner than the one before and drawn upon it, so that all are seen where they lie on each other.

    Args:
        image: (H, W, 3) uint8.
        masks: of the same picture, at any size; at most as many as there are colours.

    Returns:
        (H, W, 3) uint8, a new array.

    Raises:
        ShapeMismatch: a mask has other proportions.
    """
    drawn = image.copy()
    for upon, (mask, colour) in enumerate(zip(masks, OUTLINES, strict=False), start=1):
        _outline(drawn, _inside(mask, image), colour, _line(image, _BOLD), times=1 + 4 * (len(masks) - upon))
    return drawn


def outlined(image: NDArray[np.uint8], mask: LesionMask | None) -> NDArray[np.uint8]:
    """``image`` (H, W, 3) with the outline of a mask in white between black lines; unchanged without one, or if it is
    a strip too narrow for lines.

    Args:
        mask: of the same picture, at any size.

    Raises:
        ShapeMismatch: the mask has other proportions.
    """
    if mask is None or min(image.shape[:2]) < _NARROWEST_LINED:
        return image
    drawn = image.copy()
    _outline(drawn, _inside(mask, image), _WHITE, _line(image, _FINE), times=2)
    return drawn


def boxed(image: NDArray[np.uint8], explanation: Explanation) -> NDArray[np.uint8]:
    """``image`` (H, W, 3) with a white line between black ones around what the network saw; unchanged if that is all.

    Args:
        image: the explained picture, at any size.
    """
    if not explanation.is_boxed:
        return image
    drawn, core, scale = image.copy(), _line(image, _FINE), image.shape[1] / explanation.width
    x0, y0, x1, y1 = (round(side * scale) for side in explanation.region.as_tuple())
    for paint, thickness in ((_INK, 4 * core), (_WHITE, 2 * core)):
        cv2.rectangle(drawn, (x0 + 2 * core, y0 + 2 * core), (x1 - 1 - 2 * core, y1 - 1 - 2 * core), paint, thickness)
    return drawn


def heatmap_overlay(
    image: NDArray[np.uint8], evidence: NDArray[np.float32], scale: float, opacity: float
) -> NDArray[np.uint8]:
    """The picture under the evidence; without evidence it is untouched. Colour and opacity both rise with evidence.

    Args:
        image: (H, W, 3) uint8.
        evidence: (h, w) float32 ≥ 0 in logits per cell, over the whole picture, at any size.
        scale: evidence at the upper end of the colour bar, in logits per cell, ≥ 0; what exceeds it looks the same.
        opacity: at the upper end of the colour bar, in [0, 1].

    Returns:
        (H, W, 3) uint8, a new array.

    Raises:
        ShapeMismatch: evidence of other proportions, negative or NaN, or an opacity outside [0, 1].
    """
    _check_opacity(opacity)
    if not evidence.min() >= 0:
        raise ShapeMismatch("evidence ≥ 0", f"a minimum of {evidence.min()}", "pass the rectified map")
    if scale <= 0:
        return image.copy()
    heights = np.minimum(_of_size(evidence, image), np.float32(scale))
    heights *= np.float32((_LEVELS - 1) / scale)
    levels = np.rint(heights).astype(np.uint8)  # at most 255 by the minimum above: 256 would wrap to the coldest colour
    alpha = opacity * np.sin(np.linspace(0, math.pi / 2, _LEVELS))
    keep = (1 - alpha).astype(np.float32)
    return _blend(image, levels, keep, (colour_table() * alpha[:, None]).astype(np.float32))


def map_overlay(
    image: NDArray[np.uint8], explanation: Explanation, scale: float, opacity: float, outline: LesionMask | None
) -> NDArray[np.uint8]:
    """The picture under one map, with an ``outline`` and the box of what the network saw upon it, where there are any.

    Raises as ``heatmap_overlay`` and ``outlined``.
    """
    return boxed(outlined(heatmap_overlay(image, explanation.evidence, scale, opacity), outline), explanation)


@cache
def colour_table() -> NDArray[np.float64]:
    """(256, 3) RGB in [0, 255] from no evidence to the upper end; the luminance rises at every step.

    Interpolated from sixteen colours of viridis, because the whole table, rounded to integers, falls back four times.
    """
    ramp = np.arange(_LEVELS, dtype=np.uint8)[:, None]
    anchors = np.arange(0, _LEVELS, 17)
    rgb = cv2.applyColorMap(ramp, cv2.COLORMAP_VIRIDIS)[anchors, 0, ::-1].astype(np.float64)
    table = np.stack([np.interp(np.arange(_LEVELS), anchors, channel) for channel in rgb.T], axis=1)
    table.flags.writeable = False
    return table


def shared_scale(explanations: Iterable[Explanation]) -> float:
    """The upper end of the colour bar that all classes of one analysis share: the largest peak, in logits per cell."""
    return max((explanation.peak for explanation in explanations), default=0.0)


def with_colour_bar(
    image: NDArray[np.uint8], scale: float, peak: float, label: str = "Logits per cell"
) -> NDArray[np.uint8]:
    """``image`` (H, W, 3) above a white strip with the colour bar, its ticks, and a mark at this map's peak.

    The strip lies below, not at the side: pictures in a row keep one scale, and ``[:H, :W]`` is still the picture.
    Letters grow with the picture and stay legible where it is shown 360 px wide. A map without a peak says so.
    """
    height, width = image.shape[:2]
    strip = colour_bar(min(max(width, _NARROWEST_BAR), _WIDEST_BAR), scale, peak, label)
    canvas = np.full((height + len(strip), max(width, strip.shape[1]), 3), 255, np.uint8)
    canvas[:height, :width] = image
    canvas[height:, : strip.shape[1]] = strip
    return canvas


def colour_bar(width: int, scale: float, peak: float, label: str = "Logits per cell") -> NDArray[np.uint8]:
    """The white strip with the colour bar alone, (about width / 5, width, 3) uint8."""
    size = width / 24
    font, small = ImageFont.load_default(size), ImageFont.load_default(size * 0.9)
    margin, top, thickness = size, size * 2.4, size * 0.9
    canvas = Image.new("RGB", (width, round(size * 4.9)), _WHITE)
    draw = ImageDraw.Draw(canvas)
    headline = f"{label}, peak {number(peak)}" if peak > 0 else "No positive evidence"
    draw.text((margin, size * 0.5), headline, _INK, font)
    length = round(width - 2 * margin)
    ramp = np.rint(colour_table()[np.linspace(0, _LEVELS - 1, length).round().astype(int)]).astype(np.uint8)
    canvas.paste(Image.fromarray(ramp[None]).resize((length, round(thickness))), (round(margin), round(top)))
    for value in _ticks(scale):
        x, below = margin + length * value / scale, top + thickness
        draw.line((x, below, x, below + size * 0.25), _QUIET, max(round(size / 14), 1))
        letters = np.format_float_positional(value, precision=6, trim="-")
        half = small.getlength(letters) / 2 + size * 0.4  # corners are rounded on a page
        draw.text((min(x, width - half), below + size * 0.35), letters, _INK, small, anchor="ma")
    if peak > 0:
        x, half = margin + length * min(peak / scale, 1), size * 0.38
        draw.polygon([(x - half, top - size * 0.55), (x + half, top - size * 0.55), (x, top + size * 0.1)], _INK)
    return np.asarray(canvas)


def encode_png(image: NDArray[np.uint8]) -> bytes:
    """``image`` (H, W, 3) or (H, W) uint8 as PNG, without metadata."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def _check_opacity(opacity: float) -> None:
    if not 0 <= opacity <= 1:
        raise ShapeMismatch("an opacity in [0, 1]", str(opacity), "choose another opacity")


def _inside(mask: LesionMask, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """``mask`` at the size of ``image``, 1 inside the lesion."""
    return (_of_size(mask.probability, image) >= mask.threshold).astype(np.uint8)


def _line(image: NDArray[np.uint8], part: int) -> int:
    """How thick a line is that suits the picture's size, in px."""
    longer, shorter = max(image.shape[:2]), min(image.shape[:2])
    thickness: int = max(min(round(longer / part), shorter // _THICKEST), 1)
    return thickness


def _outline(
    drawn: NDArray[np.uint8], inside: NDArray[np.uint8], colour: tuple[int, int, int], core: int, times: int = 1
) -> None:
    """Draw the outline between black lines of ``core`` px; it is ``times`` as thick as they are."""
    contours, _ = cv2.findContours(inside, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    for paint, thickness in ((_INK, (times + 2) * core), (colour, times * core)):
        cv2.drawContours(drawn, contours, -1, paint, thickness, cv2.LINE_AA)


def _of_size(values: NDArray[np.float32], image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """``values`` (h, w) at the size of ``image``."""
    (height, width), (h, w) = image.shape[:2], values.shape
    if min(abs(height - h * width / w), abs(width - w * height / h)) > 1:
        expected, got = f"values with the proportions of {height} × {width} px", f"{h} × {w}"
        raise ShapeMismatch(expected, got, "pass the mask or map of the same picture")
    return values if (h, w) == (height, width) else resize(values, height, width)


def _blend(
    image: NDArray[np.uint8], levels: NDArray[np.integer], keep: NDArray[np.float32], add: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """``image · keep[levels] + add[levels]``, a few rows at a time: floats of a 40-megapixel picture take 500 MB."""
    blended = np.empty_like(image)
    for start in range(0, len(image), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        level = levels[rows]
        blended[rows] = np.rint(image[rows] * keep[level][..., None] + add[level])
    return blended


def _ticks(scale: float) -> Iterator[float]:
    """Round values from 0 to at most ``scale``, three to five of them; none where there is no scale."""
    if scale <= 0:
        return
    decade = 10.0 ** math.floor(math.log10(scale))
    step = next(s for s in (decade / 2, decade, 2 * decade) if scale / s < 5)
    yield from (i * step for i in range(math.floor(scale / step + 1e-6) + 1))
