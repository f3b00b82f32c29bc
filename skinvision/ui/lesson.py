"""Three heatmaps on a synthetic lesion, drawn by hand, to learn on how a heatmap is read. No network made them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from skinvision.geometry import resize
from skinvision.phantom import Phantom, draw
from skinvision.render.overlays import heatmap_overlay, outlined, with_colour_bar
from skinvision.render.screen import encode_jpeg
from skinvision.types import LesionMask

_SEED = 4
_CELLS = (7, 9)
_SCALE = 2.0  # logits per cell at the upper end of the shared colour bar
_OPACITY = 0.7


@dataclass(frozen=True, slots=True)
class Example:
    """One heatmap with what it teaches; ``picture`` is a JPEG."""

    title: str
    lesson: str
    picture: bytes


@st.cache_resource(show_spinner=False)
def examples() -> tuple[Example, ...]:
    """Evidence on the lesion, evidence beside it, and none."""
    phantom = draw(_SEED, ruler=True, hair=0, bubbles=0, vignette=0.2)
    height, width = phantom.mask.shape
    edge = np.zeros((height, width), bool)
    edge[height // 3 :, : width // 9] = True
    shown = (
        ("On the lesion", _ON, _coarse(phantom.feature_mask)),
        ("Beside the lesion", _BESIDE, _coarse(edge)),
        ("Nowhere", _NOWHERE, np.zeros(_CELLS, np.float32)),
    )
    return tuple(Example(title, text, _picture(phantom, cells)) for title, text, cells in shown)


def _coarse(where: NDArray[np.bool_]) -> NDArray[np.float32]:
    """``where`` (H, W) as a map on a grid as coarse as a network's last stage, with a peak near the scale's end."""
    cells = resize(where.astype(np.float32), *_CELLS)
    soft = cv2.GaussianBlur(cells, (0, 0), 0.6)
    return np.asarray(0.9 * _SCALE * soft / soft.max(), np.float32)


def _picture(phantom: Phantom, cells: NDArray[np.float32]) -> bytes:
    image, lesion = phantom.image, LesionMask(phantom.mask.astype(np.float32))
    evidence = resize(cells, *image.shape[:2])
    heatmap = outlined(heatmap_overlay(image, evidence, _SCALE, _OPACITY), lesion)
    return encode_jpeg(with_colour_bar(heatmap, _SCALE, float(cells.max())))


_ON = (
    "The evidence for this class lies within the lesion. That is where it should be, but it does not prove that the "
    "network sees what a dermatologist sees there."
)
_BESIDE = (
    "The evidence lies at the edge of the picture, on a ruler. Lesions that worried a doctor are measured more often, "
    "so the network may have learnt the ruler. Whatever the probability says, this answer is not about the skin."
)
_NOWHERE = (
    "Nothing in the picture speaks for this class, so the map stays empty. Stretched to the full range of colours, as "
    "many programs do, it would look as hot as the others."
)
