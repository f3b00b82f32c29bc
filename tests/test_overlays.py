from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from skinvision.errors import ShapeMismatch
from skinvision.geometry import Box
from skinvision.render.overlays import (
    OUTLINES,
    SKY_BLUE,
    boxed,
    colour_bar,
    colour_table,
    encode_png,
    heatmap_overlay,
    mask_overlay,
    outlined,
    outlines_overlay,
    shared_scale,
    thumbnail,
    with_colour_bar,
)
from skinvision.types import Explanation, LesionMask
from tests.samples import sample_analysis

VIRIDIS_START, VIRIDIS_END = (68, 1, 84), (253, 231, 37)


def plain(height: int, width: int, value: int = 128) -> NDArray[np.uint8]:
    return np.full((height, width, 3), value, np.uint8)


def square(height: int, width: int, inset: int) -> LesionMask:
    """A lesion that keeps ``inset`` px from every edge."""
    probability = np.zeros((height, width), np.float32)
    probability[inset:-inset, inset:-inset] = 1
    return LesionMask(probability)


def luminance(rgb: NDArray[np.generic]) -> NDArray[np.float64]:
    """Relative luminance of sRGB in [0, 255] (WCAG 2)."""
    share = np.asarray(rgb, np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def ramp(steps: int = 256) -> NDArray[np.float32]:
    """(1, steps) evidence from 0 to 1."""
    return np.linspace(0, 1, steps, dtype=np.float32)[None]


class TestHeatmap:
    def test_colour_table_is_viridis_and_its_luminance_always_rises(self) -> None:
        assert tuple(colour_table()[0]) == VIRIDIS_START
        assert tuple(colour_table()[-1]) == VIRIDIS_END
        assert (np.diff(luminance(colour_table())) > 0).all()

    @pytest.mark.parametrize("opacity", [0.3, 1.0])
    def test_opacity_always_rises_with_evidence(self, opacity: float) -> None:
        black = heatmap_overlay(plain(1, 256, 0), ramp(), 1, opacity).astype(int)
        white = heatmap_overlay(plain(1, 256, 255), ramp(), 1, opacity).astype(int)
        alpha = 1 - (white - black)[0, :, 0] / 255
        assert alpha[0] == 0
        assert alpha[-1] == pytest.approx(opacity, abs=1 / 255)
        assert (np.diff(alpha[::16]) > 0).all()

    def test_more_evidence_is_brighter_on_black(self) -> None:
        shown = luminance(heatmap_overlay(plain(1, 256, 0), ramp(), 1, 1)[0])
        assert (np.diff(shown) >= 0).all()
        assert (np.diff(shown[::8]) > 0).all()

    @pytest.mark.parametrize("times", [1, 1.003, 1.01, 2, 256 / 255, 257 / 255, np.inf])
    def test_evidence_at_and_above_the_scale_has_the_hottest_colour(self, times: float) -> None:
        evidence = np.full((1, 1), 3 * times, np.float32)
        assert tuple(heatmap_overlay(plain(1, 1), evidence, 3, 1)[0, 0]) == VIRIDIS_END

    def test_half_opacity_at_the_peak_is_the_mean_of_picture_and_colour(self) -> None:
        shown = heatmap_overlay(plain(1, 1, 100), np.ones((1, 1), np.float32), 1, 0.5)
        np.testing.assert_allclose(shown[0, 0], (np.array(VIRIDIS_END) + 100) / 2, atol=0.5)

    @pytest.mark.parametrize("scale", [0.0, 2.0])
    def test_picture_is_untouched_without_evidence(self, scale: float) -> None:
        picture = np.random.default_rng(0).integers(0, 256, (300, 20, 3), dtype=np.uint8)
        shown = heatmap_overlay(picture, np.zeros((300, 20), np.float32), scale, 1)
        np.testing.assert_array_equal(shown, picture)
        assert not np.shares_memory(shown, picture)

    def test_every_row_of_a_tall_picture_is_drawn(self) -> None:
        shown = heatmap_overlay(plain(1000, 3), np.ones((1000, 3), np.float32), 1, 1)
        assert (shown == VIRIDIS_END).all()

    def test_reduced_picture_takes_evidence_of_full_size(self) -> None:
        evidence = np.zeros((64, 128), np.float32)
        evidence[:, 64:] = 1
        shown = heatmap_overlay(plain(16, 32), evidence, 1, 1)
        assert (shown[:, :16] == 128).all()
        assert (shown[:, 16:] == VIRIDIS_END).all()

    def test_classes_share_the_scale_of_the_highest_peak(self) -> None:
        assert shared_scale(sample_analysis().explanations) == 2
        assert shared_scale([]) == 0

    @pytest.mark.parametrize("evidence", [-np.ones((4, 4)), np.full((4, 4), np.nan), np.ones((4, 9))])
    def test_wrong_evidence_is_refused(self, evidence: NDArray[np.float64]) -> None:
        with pytest.raises(ShapeMismatch):
            heatmap_overlay(plain(4, 4), evidence.astype(np.float32), 1, 0.5)

    @pytest.mark.parametrize("opacity", [-0.1, 1.1, float("nan")])
    def test_wrong_opacity_is_refused(self, opacity: float) -> None:
        with pytest.raises(ShapeMismatch, match=r"opacity in \[0, 1\]"):
            heatmap_overlay(plain(4, 4), np.ones((4, 4), np.float32), 1, opacity)
        with pytest.raises(ShapeMismatch, match=r"opacity in \[0, 1\]"):
            mask_overlay(plain(4, 4), square(4, 4, 1), opacity)


class TestMask:
    def test_tint_inside_and_nothing_outside(self) -> None:
        shown = mask_overlay(plain(60, 60, 100), square(60, 60, 20), 1)
        np.testing.assert_allclose(shown[30, 30], 0.4 * 100 + 0.6 * np.array(SKY_BLUE), atol=0.5)
        assert (shown[:10] == 100).all()

    def test_tint_of_another_colour(self) -> None:
        shown = mask_overlay(plain(60, 60, 100), square(60, 60, 20), 1, (200, 0, 100))
        np.testing.assert_allclose(shown[30, 30], (160, 40, 100), atol=0.5)  # 0.4 · 100 + 0.6 · colour

    def test_outline_stays_without_tint(self) -> None:
        shown = mask_overlay(plain(60, 60, 100), square(60, 60, 20), 0)
        assert (shown[30, 30] == 100).all()
        assert shown[18:22, 30].min() < 40
        assert shown[18:22, 30].max() > 200

    @pytest.mark.parametrize("skin", [0, 60, 128, 200, 255])
    def test_outline_stands_out_on_every_skin(self, skin: int) -> None:
        """Contrast (WCAG 2) of the brightest or darkest pixel of the outline against the skin is at least 3."""
        shown = mask_overlay(plain(60, 60, skin), square(60, 60, 20), 0)
        lights, ground = luminance(shown[15:25, 30]), luminance(np.full(3, skin))
        contrast = np.maximum((lights + 0.05) / (ground + 0.05), (ground + 0.05) / (lights + 0.05))
        assert contrast.max() >= 3

    def test_outline_is_as_thick_as_suits_the_picture(self) -> None:
        def thickness(side: int) -> int:
            shown = mask_overlay(plain(side, side), square(side, side, side // 4), 0)
            return int((shown[: side // 2, side // 2] > 200).all(axis=-1).sum())

        assert thickness(400) == 1
        assert thickness(2000) >= 5

    @pytest.mark.parametrize("probability", [0.0, 0.4999])
    def test_empty_mask_leaves_the_picture(self, probability: float) -> None:
        shown = mask_overlay(plain(20, 20), LesionMask(np.full((20, 20), probability, np.float32)), 1)
        assert (shown == 128).all()

    def test_reduced_picture_takes_a_mask_of_full_size(self) -> None:
        shown = mask_overlay(plain(60, 60, 100), square(240, 240, 80), 1)
        np.testing.assert_array_equal(shown, mask_overlay(plain(60, 60, 100), square(60, 60, 20), 1))

    def test_mask_of_another_picture_is_refused(self) -> None:
        with pytest.raises(ShapeMismatch, match="20 × 40 px, got 20 × 20"):
            mask_overlay(plain(20, 40), square(20, 20, 5), 1)


class TestOutlines:
    def test_each_mask_has_a_line_of_its_own_colour(self) -> None:
        shown = outlines_overlay(plain(800, 800), [square(800, 800, 120), square(800, 800, 300)])
        for inset, colour in zip((120, 300), OUTLINES, strict=False):
            assert tuple(shown[400, inset]) == colour
        assert (shown[400, [0, 200, 400]] == 128).all()

    def test_equal_masks_are_both_seen(self) -> None:
        row = outlines_overlay(plain(800, 800), [square(800, 800, 200)] * 2)[400].tolist()
        assert {colour for colour in OUTLINES if list(colour) in row} == set(OUTLINES[:2])

    def test_empty_masks_leave_the_picture(self) -> None:
        picture, empty = plain(20, 20), LesionMask(np.zeros((20, 20), np.float32))
        shown = outlines_overlay(picture, [empty, empty])
        assert (shown == 128).all()
        assert not np.shares_memory(shown, picture)

    def test_mask_of_another_picture_is_refused(self) -> None:
        with pytest.raises(ShapeMismatch, match="20 × 40 px, got 20 × 20"):
            outlines_overlay(plain(20, 40), [square(20, 20, 5)])


class TestColourBar:
    @pytest.mark.parametrize(("width", "whole"), [(40, 288), (640, 640)])
    def test_picture_stays_in_its_corner(self, width: int, whole: int) -> None:
        picture = np.random.default_rng(0).integers(0, 256, (30, width, 3), dtype=np.uint8)
        shown = with_colour_bar(picture, 2, 1)
        assert shown.shape[1] == whole
        np.testing.assert_array_equal(shown[:30, :width], picture)
        assert (shown[:30, width:] == 255).all()

    @pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
    def test_peak_is_marked_at_its_place(self, share: float) -> None:
        width, size = 960, 40  # letters are width / 24 px high, the bar has a margin of one letter at either end
        marker = colour_bar(width, 2, 2 * share)[round(1.9 * size) : round(2.3 * size)]
        columns = np.flatnonzero((marker < 60).all(axis=-1).any(axis=0))
        assert columns.mean() == pytest.approx(size + share * (width - 2 * size), abs=1)

    def test_bar_runs_from_the_coldest_to_the_hottest_colour(self) -> None:
        row = colour_bar(960, 2, 0)[round(2.8 * 40)]
        coloured = row[(row != 255).any(axis=-1)]
        assert tuple(coloured[0]) == VIRIDIS_START
        assert tuple(coloured[-1]) == VIRIDIS_END
        assert (np.diff(luminance(coloured)[::8]) > 0).all()

    def test_empty_map_says_so_instead_of_a_peak(self) -> None:
        empty, tiny = colour_bar(960, 2, 0), colour_bar(960, 2, 1e-3)
        assert (empty[:90] != tiny[:90]).any()
        assert (empty[round(1.9 * 40) : round(2.3 * 40)] == 255).all()

    @pytest.mark.parametrize("width", [288, 390, 1024, 4000])
    @pytest.mark.parametrize("scale", [0.0, 1e-4, 0.3, 0.99, 1.0, 2.4, 9.99, 250.0])
    def test_nothing_is_cut_off(self, width: int, scale: float) -> None:
        strip = colour_bar(width, scale, scale)
        for edge in (strip[0], strip[-1], strip[:, 0], strip[:, -1]):
            assert (edge == 255).all()


@pytest.mark.parametrize(
    ("shape", "expected"), [((3000, 4000), (768, 1024)), ((200, 100), (1024, 512)), ((1, 3000), (1, 1024))]
)
def test_thumbnail_keeps_proportions(shape: tuple[int, int], expected: tuple[int, int]) -> None:
    assert thumbnail(plain(*shape)).shape == (*expected, 3)


@pytest.mark.parametrize("shape", [(5, 7, 3), (5, 7)])
def test_png_holds_the_pixels_and_nothing_else(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    with Image.open(io.BytesIO(encode_png(pixels))) as picture:
        np.testing.assert_array_equal(np.asarray(picture), pixels)
        assert picture.info == {}


def test_an_outline_is_drawn_around_the_lesion_and_leaves_the_rest() -> None:
    image = np.full((60, 80, 3), 128, np.uint8)
    inside = np.zeros((30, 40), np.float32)
    inside[10:20, 10:30] = 1
    drawn = outlined(image, LesionMask(inside))
    assert drawn[20:40, 20].min() > 200, "white, softened"
    np.testing.assert_array_equal(drawn[24:36, 24:56], image[24:36, 24:56])
    np.testing.assert_array_equal(drawn[:16], image[:16])
    assert (image == 128).all()
    assert outlined(image, None) is image
    strip = np.full((20, 800, 3), 128, np.uint8)
    assert outlined(strip, LesionMask(np.ones((20, 800), np.float32))) is strip, "lines would hide all of it"


def test_a_box_is_drawn_along_the_edges_of_what_was_seen_and_nowhere_else() -> None:
    image = np.full((60, 80, 3), 128, np.uint8)
    seen = Explanation("mel", "grad-cam", "stage4", np.ones((2, 2), np.float32), Box(5, 5, 20, 15), 30, 40)
    drawn = boxed(image, seen)
    assert (drawn[10:30, 10:40] != 128).any()
    np.testing.assert_array_equal(drawn[16:24, 16:34], image[16:24, 16:34])
    np.testing.assert_array_equal(drawn[34:], image[34:])
    assert (image == 128).all()
    assert boxed(image, replace(seen, region=Box.whole(30, 40))) is image
