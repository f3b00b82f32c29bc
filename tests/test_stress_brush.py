"""What a hand draws over a picture."""

from __future__ import annotations

import numpy as np
import pytest

from skinvision.errors import ShapeMismatch
from skinvision.stress import LESS, MORE, grown, paint, redraw

IMAGE = np.full((40, 60, 3), 100, np.uint8)
LESION = np.zeros((40, 60), bool)
LESION[10:30, 20:40] = True


def _layer(rows: slice, columns: slice, colour: tuple[int, int, int], opacity: int = 255) -> np.ndarray:
    """A layer of half the picture's size, with one rectangle."""
    layer = np.zeros((20, 30, 4), np.uint8)
    layer[rows, columns] = (*colour, opacity)
    return layer


def test_nothing_drawn_changes_nothing() -> None:
    clear = np.zeros((20, 30, 4), np.uint8)
    for change in (paint, redraw):
        found = change(IMAGE, LESION, clear)
        np.testing.assert_array_equal(found.image, IMAGE)
        np.testing.assert_array_equal(found.lesion, LESION)


def test_paint_covers_what_lies_under_it() -> None:
    found = paint(IMAGE, LESION, _layer(slice(0, 10), slice(0, 15), (200, 0, 50)))
    np.testing.assert_array_equal(found.image[:18, :28], np.broadcast_to((200, 0, 50), (18, 28, 3)))
    np.testing.assert_array_equal(found.image[22:], IMAGE[22:])
    np.testing.assert_array_equal(found.lesion, LESION)


def test_half_a_cover_is_half_the_colour() -> None:
    found = paint(IMAGE, LESION, _layer(slice(None), slice(None), (200, 0, 100), opacity=128))
    np.testing.assert_allclose(found.image[20, 30], [150, 50, 100], atol=1)


def test_strokes_add_to_the_lesion_and_take_from_it() -> None:
    layer = _layer(slice(0, 10), slice(0, 30), MORE) + _layer(slice(10, 20), slice(0, 30), LESS)
    found = redraw(IMAGE, LESION, layer)
    assert found.lesion[:20].all()
    assert not found.lesion[20:].any()
    np.testing.assert_array_equal(found.image, IMAGE)


@pytest.mark.parametrize("change", [paint, redraw])
@pytest.mark.parametrize("layer", [np.zeros((20, 30, 3), np.uint8), np.zeros((20, 30, 4), np.float32)])
def test_other_layers_are_refused(change: object, layer: np.ndarray) -> None:
    with pytest.raises(ShapeMismatch, match="give what was drawn as RGBA"):
        change(IMAGE, LESION, layer)


def test_a_lesion_grows_and_shrinks_by_pixels() -> None:
    np.testing.assert_array_equal(grown(LESION, 0), LESION)
    larger, smaller = grown(LESION, 3), grown(LESION, -3)
    assert larger[7:33, 20:40].all()
    assert larger[10:30, 17:43].all()
    assert not larger[7, 17]  # round corners: 3 px each way is farther than 3 px
    assert larger.sum() == 400 + 4 * 3 * 20 + 4 * 4  # and of each corner the four pixels within 3 px
    np.testing.assert_array_equal(np.argwhere(smaller)[[0, -1]], [[13, 23], [26, 36]])
    assert not grown(LESION, -10).any()


@pytest.mark.parametrize("px", [-5, 5])
def test_no_lesion_and_nothing_else_stay_as_they_are(px: int) -> None:
    for lesion in (np.zeros((8, 9), bool), np.ones((8, 9), bool)):
        np.testing.assert_array_equal(grown(lesion, px), lesion)
