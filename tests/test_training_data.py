"""What training reads: tables, pictures and masks, decoded once and drawn by class."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from skinvision.card import Region
from skinvision.errors import DataRejected, WeightsRejected
from skinvision.geometry import Box, crop, resize, square_around
from skinvision.intake import read_case
from skinvision.models.registry import load
from skinvision.segment import segment
from skinvision.training.by_image import split_by_image
from skinvision.training.data import Sample, called, read_labelled, read_mask, read_table
from skinvision.training.loaders import Loaders, Order, ResumableLoader
from tests.files import png
from tests.lessons import CLASSIFIER, SEGMENTER, STEPS_PER_EPOCH, write_png

MEAN = np.array([124, 116, 104], np.uint8)  # ImageNet's, which norms to 0


def test_a_table_that_cannot_be_read_is_rejected(tmp_path: Path) -> None:
    for content in (b"", b"image_id,dx\n\xff\xfe,nv\n", b'image_id,dx\n"p1,nv\n'):
        (tmp_path / "metadata.csv").write_bytes(content)
        with pytest.raises(DataRejected, match="a table of comma-separated values"):
            read_table(tmp_path)


def test_a_table_without_rows_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_text("image_id,dx\n")
    with pytest.raises(DataRejected, match="expected a row for each picture"):
        read_table(tmp_path)


@pytest.mark.parametrize(
    ("inside", "bits", "is_kept"),
    [(255, 8, True), (128, 8, True), (1, 8, False), (0, 8, True), (65535, 16, True), (255, 16, False), (1, 16, False)],
)
def test_a_mask_is_white_inside_or_is_rejected(tmp_path: Path, inside: int, bits: int, is_kept: bool) -> None:
    (tmp_path / "masks").mkdir()
    drawn = np.zeros((64, 64), np.uint16)
    drawn[8:24, 8:24] = inside
    path = tmp_path / "masks" / "p1.png"
    path.write_bytes(png(drawn, bits, 0))
    sample = Sample("p1", "nv", "", path, path)
    if is_kept:
        np.testing.assert_array_equal(read_mask(sample), drawn >> (bits - 8))
        return
    with pytest.raises(DataRejected, match=rf"expected white for the lesion in .*p1\.png, got at most {inside};"):
        read_mask(sample)


def test_diagnoses_are_called_as_the_labels_are_where_other_data_sets_have_other_names() -> None:
    samples = [Sample("p", dx, "", Path(), Path()) for dx in ("melanoma", "nevus", "nv", "wart")]
    assert [sample.dx for sample in called(samples, ["mel", "nv"])] == ["mel", "nv", "nv", "wart"]
    assert [sample.dx for sample in called(samples, ["melanoma", "nevus"])] == ["melanoma", "nevus", "nv", "wart"]


def test_a_broken_picture_is_named(tmp_path: Path) -> None:
    path = tmp_path / "p1.png"
    path.write_bytes(b"no picture")
    with pytest.raises(DataRejected, match=r"p1\.png"):
        read_labelled(path)


def test_a_held_out_picture_is_not_learnt_from(tmp_path: Path, lesions: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "images").symlink_to(lesions / "images")
    (folder / "metadata.csv").write_text((lesions / "metadata.csv").read_text().replace(",val", ",train"))
    with pytest.raises(DataRejected, match="p16, which is"):
        Loaders(CLASSIFIER, lesions, tmp_path / "cache", extra=(folder,))


def test_a_picture_has_one_row(tmp_path: Path, lesions: Path) -> None:
    (tmp_path / "images").symlink_to(lesions / "images")
    (tmp_path / "metadata.csv").write_text((lesions / "metadata.csv").read_text() + "\np3,nv,val")
    with pytest.raises(DataRejected, match="several for p3"):
        read_table(tmp_path)


def test_a_table_without_its_pictures_is_rejected(tmp_path: Path, lesions: Path) -> None:
    (tmp_path / "metadata.csv").write_text((lesions / "metadata.csv").read_text())
    with pytest.raises(DataRejected, match="no such folder"):
        read_table(tmp_path)
    (tmp_path / "images").mkdir()
    for path in (lesions / "images").iterdir():
        (tmp_path / "images" / path.name).symlink_to(path)
    (tmp_path / "images" / "p3.jpg").symlink_to(lesions / "images" / "p4.png")
    with pytest.raises(DataRejected, match="several files called p3"):
        read_table(tmp_path)


def test_a_lesion_on_both_sides_of_a_split_is_rejected(tmp_path: Path, lesions: Path) -> None:
    (tmp_path / "images").symlink_to(lesions / "images")
    head, *rows = (lesions / "metadata.csv").read_text().splitlines()
    table = [f"{head},lesion_id", *(f"{row},L{number % 20}" for number, row in enumerate(rows))]
    (tmp_path / "metadata.csv").write_text("\n".join(table))
    with pytest.raises(DataRejected, match="L0 in 2"):
        read_table(tmp_path)


def test_masks_that_changed_are_read_again(tmp_path: Path, lesions: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(lesions, folder)
    before = Loaders(SEGMENTER, folder, tmp_path / "cache").decoded["val"][1].mean()
    for path in (folder / "masks").iterdir():
        write_png(path, 255 - cv2.imread(str(path), cv2.IMREAD_UNCHANGED))
    assert Loaders(SEGMENTER, folder, tmp_path / "cache").decoded["val"][1].mean() == pytest.approx(255 - before)


def test_the_same_pictures_elsewhere_are_not_decoded_again(tmp_path: Path, lesions: Path) -> None:
    shutil.copytree(lesions, tmp_path / "elsewhere", copy_function=shutil.copyfile)
    Loaders(CLASSIFIER, lesions, tmp_path / "cache")
    before = set((tmp_path / "cache").iterdir())
    Loaders(CLASSIFIER, tmp_path / "elsewhere", tmp_path / "cache")
    assert set((tmp_path / "cache").iterdir()) == before


def test_less_than_one_batch_is_refused(lesions: Path, tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match="at least 17 pictures"):
        Loaders(replace(SEGMENTER, batch_size=17), lesions, tmp_path)


def test_classes_are_drawn_in_proportion_to_a_power_of_their_number(tmp_path: Path, lesions: Path) -> None:
    """8 + 8 pictures, of which the table below calls 16 by one name: √16 to √0, taken for one picture: 4/5 and 1/5."""
    table = (lesions / "metadata.csv").read_text().replace("vasc", "nv").replace("p17,nv", "p17,vasc")
    folder = tmp_path / "uneven"
    folder.mkdir()
    (folder / "images").symlink_to(lesions / "images")
    (folder / "metadata.csv").write_text(table)
    loaders = Loaders(CLASSIFIER, folder, tmp_path / "cache")
    torch.testing.assert_close(loaders.drawn_frequencies(), torch.tensor([0.8, 0.2]))


def test_more_folders_are_learnt_from_under_the_labels_own_names(tmp_path: Path, lesions: Path) -> None:
    """The other folder's 8 lesions of the split ``train`` with vessels are not known; its 8 nevi are ``nv`` here."""
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "images").symlink_to(lesions / "images")
    table = (lesions / "metadata.csv").read_text().replace(",nv,", ",nevus,").replace(",vasc,", ",angioma,")
    (folder / "metadata.csv").write_text(table)
    loaders = Loaders(CLASSIFIER, lesions, tmp_path / "cache", extra=(folder,))
    assert loaders.steps_per_epoch == STEPS_PER_EPOCH
    assert [len(loaders.samples[split]) for split in ("train", "val")] == [24, 8]
    assert np.bincount(loaders.decoded["train"][1]).tolist() == [16, 8]


def test_pictures_of_one_group_count_as_of_one_lesion(tmp_path: Path, lesions: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "images").symlink_to(lesions / "images")
    head, *rows = (lesions / "metadata.csv").read_text().splitlines()
    (folder / "metadata.csv").write_text("\n".join([f"{head},group", *(f"{row},g{row[-1]}" for row in rows)]))
    assert {sample.lesion_id for sample in read_table(folder)} == {f"g{row[-1]}" for row in rows}
    (folder / "metadata.csv").write_text("\n".join([f"{head},group", *(f"{row},same" for row in rows)]))
    with pytest.raises(DataRejected, match="each lesion in one split, got same in 2"):
        read_table(folder)


def test_a_split_by_image_keeps_the_size_of_each_class_in_each_split(tmp_path: Path, lesions: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "images").symlink_to(lesions / "images")
    head, *rows = (lesions / "metadata.csv").read_text().splitlines()
    alike = sorted(rows, key=lambda row: row.split(",")[1:])  # neighbours have diagnosis and split in common
    table = [f"{head},lesion_id", *(f"{row},L{number // 2}" for number, row in enumerate(alike))]
    (folder / "metadata.csv").write_text("\n".join(table))
    known = split_by_image(folder, tmp_path / "leaked")
    right, wrong = read_table(folder), read_table(tmp_path / "leaked")
    assert Counter((s.dx, s.split) for s in right) == Counter((s.dx, s.split) for s in wrong)
    assert [s.image_id for s in right] == [s.image_id for s in wrong]
    lesions_in = {
        split: [one.lesion_id for one, other in zip(right, wrong, strict=True) if other.split == split]
        for split in ("train", "val")
    }
    assert known == pytest.approx(np.mean([lesion in lesions_in["train"] for lesion in lesions_in["val"]]))
    assert known > 0
    with pytest.raises(DataRejected, match="give another name"):
        split_by_image(folder, tmp_path / "leaked")


@pytest.mark.usefixtures("weights")
@pytest.mark.parametrize("region", ["box", "lesion"])
def test_training_sees_what_the_finished_classifier_will_see(tmp_path: Path, lesions: Path, region: Region) -> None:
    boxed = replace(CLASSIFIER, region=region)
    with pytest.raises(WeightsRejected, match="train the default segmenter first"):
        Loaders(boxed, lesions, tmp_path / "cache")
    segmenter, case = load("unet"), read_case((lesions / "images" / "p16.png").read_bytes())
    brightest = float(segment(segmenter, case).probability.max())  # a lesion of one pixel, though untrained
    segmenter = replace(segmenter, card=replace(segmenter.card, threshold=brightest))
    mask = segment(segmenter, case)
    box = square_around(mask.box, boxed.region_margin, case.height, case.width)
    assert box != Box.whole(case.height, case.width)
    image = case.image if region == "box" else np.where(mask.binary[..., None], case.image, MEAN)
    seen = Loaders(boxed, lesions, tmp_path / "cache", segmenter=segmenter)
    np.testing.assert_array_equal(seen.decoded["val"][0][0], resize(crop(image, box), *boxed.stored_size))


def test_a_resumed_epoch_serves_the_batches_that_were_left() -> None:
    whole = _batches(None)
    assert _batches({"served": 2}) == whole[2:]
    assert whole == [[3, 1], [4, 1], [5, 9]]  # the seventh picture does not fill a batch


def _batches(state: dict[str, int] | None) -> list[list[int]]:
    loader = ResumableLoader(list(range(10)), batch_size=2, sampler=Order([3, 1, 4, 1, 5, 9, 2]), drop_last=True)  # type: ignore[arg-type]
    if state:
        loader.load_state_dict(state)
    assert len(loader) == 3
    batches = [batch.tolist() for batch in loader]
    assert loader.state_dict() == {"served": 3}
    return batches
