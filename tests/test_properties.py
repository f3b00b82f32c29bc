"""What holds for every input: gate and reader of tables, whatever the bytes; coordinates, there and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skinvision.errors import DataRejected, ImageRejected
from skinvision.geometry import Box, bounding_box, crop, extent, gather, place, resize, square_around
from skinvision.intake import read_case
from skinvision.training.data import Sample, read_table
from tests.damage import damaged_files
from tests.files import CORNERS, saved

# The same examples each time, so that a red test stays red. A longer search: make fuzz
seconds = settings(max_examples=100, deadline=None, database=None, derandomize=True)
PICTURES = 4

# --- bytes


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's and pydicom's, about damage
@settings(seconds, max_examples=200)
@given(damaged_files())
def test_a_damaged_file_gives_a_case_or_a_rejection(data: bytes) -> None:
    with suppress(ImageRejected):
        case = read_case(data)
        assert min(case.image.shape[:2]) >= 64
        assert case.image.shape[0] * case.image.shape[1] <= 40_000_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("tables")
    (folder / "images").mkdir()
    for number in range(PICTURES):
        (folder / "images" / f"p{number}.png").write_bytes(saved(CORNERS, "PNG"))
    return folder


_names = st.sampled_from(["image_id", "dx", "split", "lesion_id", "sex", "", "image_id,image_id", "#"])
_ids = st.sampled_from([f"p{number}" for number in range(PICTURES)])
_cells = st.one_of(
    _ids, st.sampled_from(["nv", "train", "val", "", "nan", "1e999", '"', "../p1", "\0", "a\rb"]), st.text(max_size=4)
)
_rows = st.lists(st.lists(_cells, max_size=6), max_size=6)
_good_rows = st.lists(st.tuples(_ids, _cells, _cells, _cells), max_size=PICTURES, unique_by=lambda row: row[0])
_short_rows = st.lists(st.lists(_ids, min_size=1, max_size=3), max_size=PICTURES, unique_by=lambda row: row[0])
_tables = st.builds(
    lambda head, rows: "\n".join(",".join(row) for row in [head, *rows]).encode("utf-8", "surrogatepass"),
    st.one_of(st.lists(_names, max_size=6), st.just(["image_id", "dx", "split", "lesion_id"])),
    st.one_of(_rows, _good_rows, _short_rows),
)


@settings(seconds, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=st.one_of(_tables, st.binary(max_size=200)), split=st.sampled_from([None, "train"]))
def test_any_table_gives_samples_or_a_rejection(table: bytes, split: str | None, folder: Path) -> None:
    (folder / "metadata.csv").write_bytes(table)
    with suppress(DataRejected):
        for sample in read_table(folder, split):
            assert_is_whole(sample, folder)


def assert_is_whole(sample: Sample, folder: Path) -> None:
    words = (sample.image_id, sample.dx, sample.split, sample.lesion_id, *sample.groups.values())
    assert all(isinstance(word, str) for word in words)
    assert sample.image.is_file()
    assert sample.mask.parent == folder / "masks"


# --- coordinates

sides = st.integers(1, 60)


@st.composite
def boxes(draw: st.DrawFn, height: int, width: int) -> Box:
    x0, y0 = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    return Box(x0, y0, draw(st.integers(x0 + 1, width)), draw(st.integers(y0 + 1, height)))


@st.composite
def pictures_with_boxes(draw: st.DrawFn) -> tuple[int, int, Box]:
    height, width = draw(sides), draw(sides)
    return height, width, draw(boxes(height, width))


grids = hnp.arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.floats(-8, 8, width=32))


@seconds
@given(pictures_with_boxes())
def test_the_bounding_box_of_a_box_is_that_box(drawn: tuple[int, int, Box]) -> None:
    height, width, box = drawn
    binary = np.zeros((height, width), bool)
    crop(binary, box)[...] = True
    assert bounding_box(binary) == box
    assert binary.sum() == box.height * box.width


@seconds
@given(grids, st.integers(1, 5), st.integers(1, 5))
def test_cells_that_are_spread_as_blocks_come_back(values: np.ndarray, tall: int, wide: int) -> None:
    blocks = np.kron(values, np.ones((tall, wide), np.float32))
    np.testing.assert_allclose(resize(blocks, *values.shape), values, atol=1e-5)


@seconds
@given(pictures_with_boxes(), st.floats(-3, 3), st.floats(-3, 3), st.integers(1, 9), st.integers(1, 9))
def test_what_is_placed_and_taken_out_again_is_what_was_there(
    drawn: tuple[int, int, Box], right: float, down: float, rows: int, columns: int
) -> None:
    """A slope on a grid of at most one cell a pixel, placed over a box: mean and way stay, and nothing lies outside."""
    height, width, box = drawn
    rows, columns = min(rows, box.height), min(columns, box.width)
    values = (right * np.arange(columns) + down * np.arange(rows)[:, None]).astype(np.float32)
    placed = place(values, box, height, width)
    assert crop(placed, box).mean() == pytest.approx(values.mean(), abs=1e-3)
    for axis, slope, cells in ((0, right, columns), (1, down, rows)):
        along = crop(placed, box).mean(axis=axis)
        assert (along[-1] - along[0]) * np.sign(slope) >= 0.4 * abs(slope) * (cells - 1) - 1e-3
    crop(placed, box)[...] = 0
    assert not placed.any()


@seconds
@given(pictures_with_boxes(), grids, st.floats(-0.5, 0.5), st.integers(0, 99))
def test_gathering_is_the_way_back_of_placing(
    drawn: tuple[int, int, Box], values: np.ndarray, offset: float, seed: int
) -> None:
    height, width, box = drawn
    picture = np.random.default_rng(seed).random((height, width), np.float32)
    spread = float((place(values, box, height, width, offset) * picture).sum())
    gathered = gather(picture, box, *values.shape, offset)
    assert float((values * gathered).sum()) == pytest.approx(spread, rel=1e-3, abs=1e-2)
    assert extent(box, *values.shape, offset).sum() == pytest.approx(box.height * box.width, rel=1e-4)


@seconds
@given(pictures_with_boxes(), st.floats(0, 2))
def test_a_square_holds_its_box_and_stays_in_the_picture(drawn: tuple[int, int, Box], margin: float) -> None:
    height, width, box = drawn
    square = square_around(box, margin, height, width)
    assert square.x0 <= box.x0 < box.x1 <= square.x1 <= width
    assert square.y0 <= box.y0 < box.y1 <= square.y1 <= height
    assert square.width == square.height or square.width == width or square.height == height
