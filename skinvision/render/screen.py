"""What a browser is sent of an analysis: pictures of a screen's size, as JPEG.

A PNG of that size takes 40 times as long to make and has 5 times the bytes. Colours are not subsampled, so that thin
lines and letters stay sharp.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from skinvision.render.overlays import (
    boxed,
    map_overlay,
    mask_overlay,
    outlines_overlay,
    shared_scale,
    thumbnail,
    with_colour_bar,
)
from skinvision.types import Analysis, Case, Explanation, LesionMask

WIDEST_PX = 1024
TALLEST_PX = 720
SMALL_PX = 560
_QUALITY = 90


def picture_jpeg(case: Case) -> bytes:
    """The picture alone."""
    return encode_jpeg(_reduced(case))


def mask_jpeg(analysis: Analysis, opacity: float) -> bytes:
    """The picture with the lesion tinted and outlined; ``opacity`` in [0, 1]."""
    return encode_jpeg(mask_overlay(_reduced(analysis.case), analysis.mask, opacity))


def tinted_jpeg(case: Case, mask: LesionMask, opacity: float, colour: tuple[int, int, int]) -> bytes:
    """The picture with one of several masks in its own ``colour``, RGB; ``opacity`` in [0, 1]."""
    return encode_jpeg(mask_overlay(_reduced(case), mask, opacity, colour))


def outlines_jpeg(case: Case, masks: Sequence[LesionMask]) -> bytes:
    """The picture with the outlines of several masks, each in its colour of ``overlays.OUTLINES``."""
    return encode_jpeg(outlines_overlay(_reduced(case), masks))


def heatmap_jpeg(analysis: Analysis, target: str, opacity: float, outline: LesionMask | None) -> bytes:
    """The picture under the evidence for ``target``, above its colour bar; all classes share one scale.

    Args:
        outline: drawn upon it, where there is one.

    Raises:
        UnknownName: no such label.
    """
    scale = shared_scale(analysis.explanations)
    return evidence_jpeg(analysis.case, analysis.explanation(target), scale, opacity, outline)


def evidence_jpeg(
    case: Case, explanation: Explanation, scale: float, opacity: float, outline: LesionMask | None
) -> bytes:
    """The picture under one map and an ``outline``, above a colour bar that ends at ``scale`` logits per cell."""
    heatmap = map_overlay(_reduced(case), explanation, scale, opacity, outline)
    return encode_jpeg(with_colour_bar(heatmap, scale, explanation.peak))


def small_evidence_jpeg(
    case: Case, explanation: Explanation, scale: float, opacity: float, outline: LesionMask | None, unit: str
) -> bytes:
    """The same for one of many small pictures, with the ``unit`` of the map's values over the colour bar."""
    heatmap = map_overlay(thumbnail(case.image, SMALL_PX), explanation, scale, opacity, outline)
    return encode_jpeg(with_colour_bar(heatmap, scale, explanation.peak, unit))


def small_picture_jpeg(case: Case) -> bytes:
    """The picture alone, as one of many small ones."""
    return encode_jpeg(thumbnail(case.image, SMALL_PX))


def seen_jpeg(case: Case, explanation: Explanation) -> bytes:
    """The picture as one of many small ones, with a box around what the network saw where that is not all of it."""
    return encode_jpeg(boxed(thumbnail(case.image, SMALL_PX), explanation))


def encode_jpeg(image: NDArray[np.uint8]) -> bytes:
    """``image`` (H, W, 3) uint8 as JPEG, without metadata."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=_QUALITY, subsampling=0)
    return buffer.getvalue()


def _reduced(case: Case) -> NDArray[np.uint8]:
    return thumbnail(case.image, TALLEST_PX if case.height > case.width else WIDEST_PX)
