"""Pictures for the browser: their size, and that compression keeps what they show."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from skinvision.render.overlays import OUTLINES, SKY_BLUE
from skinvision.render.screen import (
    TALLEST_PX,
    WIDEST_PX,
    encode_jpeg,
    evidence_jpeg,
    heatmap_jpeg,
    mask_jpeg,
    outlines_jpeg,
    picture_jpeg,
    tinted_jpeg,
)
from skinvision.types import Case
from tests.samples import sample_analysis


def _decoded(data: bytes) -> np.ndarray:
    picture = Image.open(io.BytesIO(data))
    assert picture.format == "JPEG"
    return np.asarray(picture)


@pytest.mark.parametrize(
    ("height", "width", "shown"),
    [
        (1500, 2000, (768, WIDEST_PX, 3)),
        (2000, 1500, (TALLEST_PX, 540, 3)),
        (150, 200, (768, WIDEST_PX, 3)),
        (100, 100, (WIDEST_PX, WIDEST_PX, 3)),
    ],
    ids=["landscape", "portrait", "small", "square"],
)
def test_pictures_fill_a_screen_and_no_more(height: int, width: int, shown: tuple[int, int, int]) -> None:
    case = Case(np.zeros((height, width, 3), np.uint8), "ab" * 32)
    assert _decoded(picture_jpeg(case)).shape == shown


def test_a_single_red_line_keeps_its_colour() -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, 32] = (255, 0, 0)
    line = _decoded(encode_jpeg(image))[:, 32].astype(int)
    assert np.abs(line - (255, 0, 0)).max() < 40


def test_the_mask_tints_the_lesion_and_nothing_else() -> None:
    analysis = sample_analysis()  # grey, 32 × 64, with the lesion from 8 to 24
    tinted = _decoded(mask_jpeg(analysis, 1.0)).astype(int)
    scale = WIDEST_PX // 64
    inside, outside = tinted[16 * scale, 16 * scale], tinted[16 * scale, 48 * scale]
    assert np.abs(inside - (0.4 * 128 + 0.6 * np.array(SKY_BLUE))).max() < 3
    assert np.abs(outside - 128).max() < 3


def test_a_heatmap_stands_above_its_colour_bar_and_all_classes_share_its_scale() -> None:
    analysis = sample_analysis()
    heatmaps = (heatmap_jpeg(analysis, label, 1.0, None) for label in ("mel", "df", "vasc"))
    strong, weak, none = (_decoded(heatmap).astype(int) for heatmap in heatmaps)
    scale = WIDEST_PX // 64
    assert strong.shape[0] > 32 * scale
    brightness = [picture[16 * scale, 16 * scale].sum() for picture in (strong, weak)]
    assert brightness[0] > brightness[1]
    assert np.abs(none[: 32 * scale] - 128).max() < 3


def test_a_heatmap_has_the_outline_and_without_one_nothing_of_it() -> None:
    """``vasc`` has no evidence, so that all that is drawn on the grey picture is the outline."""
    analysis, scale = sample_analysis(), WIDEST_PX // 64
    drawn, alone = (
        _decoded(heatmap_jpeg(analysis, "vasc", 1.0, outline)).astype(int)[: 32 * scale]
        for outline in (analysis.mask, None)
    )
    assert drawn[8 * scale : 24 * scale, 8 * scale].max() > 230
    assert np.abs(drawn[16 * scale, 16 * scale] - 128).max() < 3
    assert np.abs(alone - 128).max() < 3


def test_a_mask_of_several_has_its_own_tint_and_its_own_outline() -> None:
    analysis = sample_analysis()
    scale = WIDEST_PX // 64
    tinted = _decoded(tinted_jpeg(analysis.case, analysis.mask, 1.0, OUTLINES[1])).astype(int)
    assert np.abs(tinted[16 * scale, 16 * scale] - (0.4 * 128 + 0.6 * np.array(OUTLINES[1]))).max() < 3
    outlined = _decoded(outlines_jpeg(analysis.case, [analysis.mask])).astype(int)
    assert np.abs(outlined[16 * scale, 16 * scale] - 128).max() < 3
    assert (outlined != 128).any()


def test_a_heatmap_of_several_fades_under_a_larger_scale() -> None:
    """At twice its own peak a map has half the height, which is a darker colour."""
    analysis, scale = sample_analysis(), WIDEST_PX // 64
    heatmaps = (evidence_jpeg(analysis.case, analysis.explanation("mel"), end, 1.0, None) for end in (2.0, 4.0))
    own, shared = (_decoded(heatmap).astype(int) for heatmap in heatmaps)
    assert own[16 * scale, 16 * scale].sum() > shared[16 * scale, 16 * scale].sum()
