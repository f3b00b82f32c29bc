"""Every change of coordinates, and its way back."""

from __future__ import annotations

import numpy as np
import pytest

from skinvision.errors import ShapeMismatch
from skinvision.geometry import Box, bounding_box, crop, extent, gather, place, resize, square_around


def test_shrinking_takes_the_mean_of_each_block() -> None:
    array = np.array([[0, 2, 10, 10], [4, 2, 10, 10]], np.float32)
    np.testing.assert_array_equal(resize(array, 1, 2), [[2, 10]])


def test_growing_interpolates_between_pixel_centres() -> None:
    """Two pixels at 0.5 and 1.5 stretched to four: centres at 0.25, 0.75, 1.25 and 1.75, clamped at the ends."""
    np.testing.assert_allclose(resize(np.array([[0, 1]], np.float32), 1, 4), [[0, 0.25, 0.75, 1]])


def test_an_axis_that_shrinks_is_averaged_even_where_the_other_grows() -> None:
    stripes = np.tile(np.array([0, 0, 0, 8], np.float32), (2, 16))  # bilinear alone would see 0 or 4
    np.testing.assert_allclose(resize(stripes, 8, 16), np.full((8, 16), 2))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("shape", [(6, 9), (6, 9, 1), (6, 9, 3)])
@pytest.mark.parametrize("size", [(3, 4), (12, 20), (12, 4), (6, 9)])
def test_resizing_keeps_the_dtype_and_the_channels(dtype: type, shape: tuple[int, ...], size: tuple[int, int]) -> None:
    array = np.full(shape, 7, dtype)
    resized = resize(array, *size)
    assert resized.shape == (*size, *shape[2:])
    assert resized.dtype == dtype
    np.testing.assert_allclose(resized, 7, rtol=1e-6)


def test_resizing_leaves_the_array_alone() -> None:
    array = np.arange(25, dtype=np.float32).reshape(5, 5)
    array.flags.writeable = False
    same = resize(array, 5, 5)
    np.testing.assert_array_equal(same, array)
    same[:] = 0
    assert array.any()


def test_a_crop_is_the_pixels_of_the_box() -> None:
    image = np.arange(20).reshape(4, 5)
    np.testing.assert_array_equal(crop(image, Box(1, 2, 4, 4)), [[11, 12, 13], [16, 17, 18]])


@pytest.mark.parametrize("box", [Box(0, 0, 6, 4), Box(0, 0, 5, 5)])
def test_a_box_that_reaches_outside_is_refused(box: Box) -> None:
    with pytest.raises(ShapeMismatch, match="a box inside 4 × 5 px"):
        crop(np.zeros((4, 5)), box)


@pytest.mark.parametrize("corners", [(2, 0, 2, 3), (0, 3, 1, 2), (-1, 0, 2, 2), (0, -1, 2, 2)])
def test_an_empty_or_negative_box_is_refused(corners: tuple[int, int, int, int]) -> None:
    with pytest.raises(ShapeMismatch):
        Box(*corners)


def test_the_box_of_a_whole_picture() -> None:
    box = Box.whole(4, 5)
    assert (box.as_tuple(), box.height, box.width) == ((0, 0, 5, 4), 4, 5)


@pytest.mark.parametrize("factor", [1, 2, 3, 8])
def test_placing_undoes_crop_and_resize(factor: int) -> None:
    """A slope survives averaging and interpolation exactly, but for half a cell at the rim, where it is clamped."""
    height, width = 4 * factor, 6 * factor
    box = Box(5, 3, 5 + width, 3 + height)
    rows, columns = np.mgrid[:40, :60]
    slope = (100 + 2 * columns - 3 * rows).astype(np.float32)
    returned = place(resize(crop(slope, box), 4, 6), box, 40, 60)
    inner = Box(box.x0 + factor // 2, box.y0 + factor // 2, box.x1 - factor // 2, box.y1 - factor // 2)
    np.testing.assert_allclose(crop(returned, inner), crop(slope, inner), rtol=1e-5)
    crop(returned, box)[...] = 0
    assert not returned.any()


@pytest.mark.parametrize("seed", range(8))
def test_a_spot_comes_back_to_where_it_was(seed: int) -> None:
    dice = np.random.default_rng(seed)
    height, width = dice.integers(60, 200, 2)
    x0, y0 = dice.integers(0, (width // 3, height // 3))
    box = Box(int(x0), int(y0), int(x0 + width // 2), int(y0 + height // 2))
    x, y = dice.uniform((box.x0 + 8, box.y0 + 8), (box.x1 - 8, box.y1 - 8))
    rows, columns = np.mgrid[:height, :width]
    spot = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 18).astype(np.float32)
    returned = place(resize(crop(spot, box), 48, 64), box, int(height), int(width))
    centre = [(axis * returned).sum() / returned.sum() for axis in (rows, columns)]
    assert centre == pytest.approx([y, x], abs=0.25)


@pytest.mark.parametrize("box", [Box(0, 0, 30, 20), Box(4, 3, 29, 17), Box(7, 5, 10, 20)])
@pytest.mark.parametrize("grid", [(1, 1), (3, 4), (7, 7)])
@pytest.mark.parametrize("offset", [0.0, -0.45, 0.3])
def test_gathering_sums_what_placing_spreads(box: Box, grid: tuple[int, int], offset: float) -> None:
    dice = np.random.default_rng(0)
    values, picture = dice.random(grid, np.float32), dice.random((20, 30), np.float32)
    spread = (place(values, box, 20, 30, offset) * picture).sum()
    assert (values * gather(picture, box, *grid, offset)).sum() == pytest.approx(spread, rel=1e-4)

    everywhere = gather(np.ones((20, 30), bool), box, *grid, offset)
    np.testing.assert_allclose(extent(box, *grid, offset), everywhere, rtol=1e-5)


@pytest.mark.parametrize("grid", [(5, 5), (12, 16), (60, 80)])
def test_without_an_offset_placing_is_resizing(grid: tuple[int, int]) -> None:
    values = np.random.default_rng(0).random(grid, np.float32)
    np.testing.assert_allclose(place(values, Box(2, 1, 42, 31), 40, 50)[1:31, 2:42], resize(values, 30, 40), atol=2e-6)


@pytest.mark.parametrize("offset", [-0.5, -0.2, 0.0, 0.4])
def test_an_offset_moves_a_cell_by_its_part_of_a_cell(offset: float) -> None:
    values = np.zeros((5, 5), np.float32)
    values[2, 1] = 1
    placed = place(values, Box(10, 20, 60, 70), 100, 100, offset)
    rows, columns = np.mgrid[:100, :100] + 0.5
    centre = [(axis * placed).sum() / placed.sum() for axis in (rows, columns)]
    assert centre == pytest.approx([45 + 10 * offset, 25 + 10 * offset], abs=1e-3)


def test_beyond_the_outermost_cells_their_values_go_on() -> None:
    placed = place(np.array([[1, 3]], np.float32), Box(0, 0, 8, 1), 1, 8, offset=0.5)
    np.testing.assert_allclose(placed, [[1, 1, 1, 1, 1.25, 1.75, 2.25, 2.75]])


def test_one_cell_stands_for_the_whole_box() -> None:
    assert extent(Box(1, 1, 4, 3), 1, 1) == [[6]]


def test_the_bounding_box_is_half_open() -> None:
    binary = np.zeros((6, 8), bool)
    binary[2, 3] = binary[4, 6] = True
    assert bounding_box(binary) == Box(3, 2, 7, 5)
    assert bounding_box(np.zeros((6, 8), bool)) is None


@pytest.mark.parametrize(
    ("box", "margin", "expected"),
    [
        (Box(40, 40, 60, 50), 0.0, Box(40, 35, 60, 55)),
        (Box(40, 40, 60, 50), 0.5, Box(30, 25, 70, 65)),
        (Box(0, 0, 10, 10), 0.5, Box(0, 0, 20, 20)),  # moved inwards at the corner
        (Box(90, 70, 100, 80), 0.5, Box(80, 60, 100, 80)),
        (Box(0, 10, 100, 20), 0.2, Box(0, 0, 100, 80)),  # cut to the picture
    ],
)
def test_the_square_around_a_box_in_a_picture_of_80_by_100(box: Box, margin: float, expected: Box) -> None:
    assert square_around(box, margin, 80, 100) == expected


@pytest.mark.parametrize("seed", range(20))
def test_the_square_holds_the_box_and_stays_inside(seed: int) -> None:
    dice = np.random.default_rng(seed)
    height, width = (int(side) for side in dice.integers(10, 200, 2))
    x0, y0 = int(dice.integers(width)), int(dice.integers(height))
    box = Box(x0, y0, int(dice.integers(x0, width)) + 1, int(dice.integers(y0, height)) + 1)
    square = square_around(box, float(dice.uniform(0, 1)), height, width)
    assert square.x0 <= box.x0 < box.x1 <= square.x1 <= width
    assert square.y0 <= box.y0 < box.y1 <= square.y1 <= height
    assert square.width == square.height or (square.width == width or square.height == height)
