from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from skinvision.errors import UnknownName
from skinvision.render.panel import panel
from skinvision.types import Analysis
from tests.samples import sample_analysis, sample_card

CARD = sample_card("classification")


def drawn(analysis: Analysis, target: str = "mel", title: str = "A sample") -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(panel(analysis, CARD, target, 0.6, title))) as picture:
        return np.asarray(picture)


def holds(picture: NDArray[np.uint8], colour: tuple[int, int, int]) -> bool:
    return bool((picture == colour).all(axis=-1).any())


@pytest.mark.parametrize("shape", [(64, 96), (96, 64), (20, 400), (400, 20)])
@pytest.mark.parametrize("title", ["A sample", "a_name_without_end_" * 20, "Überraschung — 写真 🙂\nline", "a\u2029b"])
def test_nothing_reaches_the_edge(shape: tuple[int, int], title: str) -> None:
    picture = drawn(sample_analysis(np.full((*shape, 3), 90, np.uint8), lesion=None), title=title)
    assert picture.shape[1] == 1600
    inner = picture[40:-40, 40:-40]
    outside = picture.astype(int).sum() - inner.astype(int).sum()
    assert outside == 255 * (picture.size - inner.size)
    assert (inner != 255).any(axis=(1, 2))[:60].any()


def test_pictures_of_a_row_start_level_and_panoramas_lie_below_each_other() -> None:
    green = np.array([0, 90, 0], np.uint8)
    wide = (drawn(sample_analysis(np.full((40, 100, 3), green, np.uint8), lesion=None), "vasc") == green).all(axis=-1)
    assert wide.any(axis=0).sum() == 1520
    level = (drawn(sample_analysis(np.full((90, 100, 3), green, np.uint8), lesion=None), "vasc") == green).all(axis=-1)
    columns = level.argmax(axis=0)[level.any(axis=0)]
    assert len(columns) == 3 * 484
    assert len(set(columns.tolist())) == 1


def test_colours_tell_the_explained_class_and_the_prediction_set() -> None:
    vermillion, blue, pale_blue = (213, 94, 0), (0, 114, 178), (153, 199, 224)
    assert all(holds(drawn(sample_analysis()), colour) for colour in (vermillion, blue, pale_blue))
    assert not holds(drawn(sample_analysis(prediction_set=("mel",))), blue)


def test_warning_stands_on_the_panel_of_a_strange_picture() -> None:
    alarm = (178, 60, 0)  # of the disclaimer, too
    usual, strange = drawn(sample_analysis()), drawn(sample_analysis(in_distribution=False))
    assert (strange == alarm).all(axis=-1).sum() > 1.5 * (usual == alarm).all(axis=-1).sum()


def test_long_disease_names_are_wrapped_into_their_column() -> None:
    card = replace(CARD, titles=("A disease whose name fills more than one line of the chart", *CARD.titles[1:]))
    with Image.open(io.BytesIO(panel(sample_analysis(), card, "mel", 0.6, "A sample"))) as picture:
        assert (np.asarray(picture)[:, :40] == 255).all()


def test_unknown_target_is_refused() -> None:
    with pytest.raises(UnknownName):
        panel(sample_analysis(), CARD, "freckle", 0.6, "A sample")


def test_names_in_other_letters_are_told_apart() -> None:
    one, other, same = (drawn(sample_analysis(), title=name) for name in ("Первый.jpg", "Второй.jpg", "Второй.jpg"))
    assert not np.array_equal(one, other)
    np.testing.assert_array_equal(other, same)


def test_a_picture_without_a_readable_name_is_called_by_its_hash() -> None:
    analysis = sample_analysis()
    named = drawn(analysis, title=f"Picture {analysis.case.sha256[:8]}")
    np.testing.assert_array_equal(drawn(analysis, title="写真.jpg"), named)


def test_quality_notes_stand_on_the_panel() -> None:
    analysis = sample_analysis()
    plain, noted = (replace(analysis, case=replace(analysis.case, quality=q, notes=())) for q in ((), ("blurred",)))
    quiet = (95, 95, 100)
    assert (drawn(noted) == quiet).all(axis=-1).sum() > (drawn(plain) == quiet).all(axis=-1).sum()
