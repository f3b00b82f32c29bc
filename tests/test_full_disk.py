"""A disk without room: a clear sentence, what was there before is as it was, and nothing half-written stays.

The kernel refuses what goes beyond a limit on the size of files (RLIMIT_FSIZE), or beyond a small disk in memory.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from skinvision import cli, replacing
from skinvision.errors import DataRejected, NotWritten, WeightsRejected
from skinvision.models.registry import load, save
from skinvision.training.checkpoints import read_checkpoint
from skinvision.training.data import decode_all, read_image, read_table
from skinvision.training.fit import fit
from tests.lessons import SEGMENTER

resource = pytest.importorskip("resource", reason="there are no limits on the size of files here")
SIZE = (64, 64)
SMALL_DISK = 64 << 20


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """Within it, no file can grow beyond ``size`` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own with room for ``SMALL_DISK`` bytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_all_files_are_replaced_or_none(small_disk: Path) -> None:
    paths = [small_disk / name for name in ("a", "b")]
    replacing.write(dict.fromkeys(paths, b"old"))
    with pytest.raises(NotWritten, match="No space left on device"):
        replacing.write({paths[0]: b"new", paths[1]: bytes(SMALL_DISK)})
    assert {path.name: path.read_bytes() for path in small_disk.iterdir()} == {"a": b"old", "b": b"old"}


def test_the_older_model_stays_whole(tiny_models: Path, own_weights: Path) -> None:
    shutil.copytree(tiny_models, own_weights)
    before = _contents(own_weights)
    model = load("unet")
    with no_file_beyond(10_000), pytest.raises(NotWritten, match=r"unet\.safetensors.* got File too large; make room"):
        save(replace(model, card=replace(model.card, title="another")))
    assert _contents(own_weights) == before


def test_a_checkpoint_stays_whole_and_training_goes_on_from_it(lesions: Path, encoder: Path, tmp_path: Path) -> None:
    fit(SEGMENTER, lesions, tmp_path, encoder, max_minutes=0, workers=0)
    before = _contents(tmp_path)
    with no_file_beyond(len(before["last.ckpt"]) // 2), pytest.raises(NotWritten, match=r"last\.ckpt"):
        fit(SEGMENTER, lesions, tmp_path, resume=True, workers=0)
    assert _contents(tmp_path) == before
    assert fit(SEGMENTER, lesions, tmp_path, resume=True, workers=0).complete


def test_a_checkpoint_on_a_disk_of_its_own_stays_whole(
    lesions: Path, encoder: Path, small_disk: Path, tmp_path: Path
) -> None:
    """Lightning writes elsewhere first and then copies: there is room for one checkpoint, not for two."""
    fit(SEGMENTER, lesions, tmp_path / "run", encoder, max_minutes=0, workers=0)
    shutil.move(tmp_path / "run", small_disk / "run")
    run = small_disk / "run"
    (small_disk / "ballast").write_bytes(bytes(_free(small_disk) - (run / "last.ckpt").stat().st_size // 2))
    before = _contents(run)
    with pytest.raises(NotWritten, match=r"last\.ckpt, got No space left on device"):
        fit(SEGMENTER, lesions, run, resume=True, workers=0)
    assert _contents(run) == before


def test_decoded_pictures_are_kept_whole_or_not_at_all(lesions: Path, tmp_path: Path) -> None:
    samples = read_table(lesions, "train")
    with no_file_beyond(10_000), pytest.raises(NotWritten, match=r"\.npy"):
        decode_all(samples, read_image, SIZE, tmp_path, "whole")
    assert list(tmp_path.iterdir()) == []
    assert decode_all(samples, read_image, SIZE, tmp_path, "whole").shape == (16, 64, 64, 3)


def test_decoded_pictures_that_were_cut_off_are_named(lesions: Path, tmp_path: Path) -> None:
    samples = read_table(lesions, "train")
    decode_all(samples, read_image, SIZE, tmp_path, "whole")
    (path,) = tmp_path.iterdir()
    for kept in (path.stat().st_size - 1, 100, 0):
        path.write_bytes(path.read_bytes()[:kept])
        with pytest.raises(DataRejected, match=r"decoded pictures at .*; take the file away"):
            decode_all(samples, read_image, SIZE, tmp_path, "whole")


def test_a_damaged_checkpoint_is_named(lesions: Path, encoder: Path, tmp_path: Path) -> None:
    """Cut off anywhere, or with a byte turned over: it is refused, or read as it was where the byte means nothing."""
    fit(SEGMENTER, lesions, tmp_path, encoder, max_minutes=0, workers=0)
    last = tmp_path / "last.ckpt"
    whole, read = last.read_bytes(), read_checkpoint(last)["state_dict"]
    for quarter in range(4):
        last.write_bytes(whole[: quarter * len(whole) // 4])
        with pytest.raises(WeightsRejected, match="train without --resume"):
            read_checkpoint(last)
    for place in range(0, len(whole), len(whole) // 20):
        last.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        with suppress(WeightsRejected):
            torch.testing.assert_close(read_checkpoint(last)["state_dict"], read, rtol=0, atol=0)
    method = whole.index(b"PK\1\2") + 10  # of the first part in the directory; torch packs none
    for packed in (8, 12):
        last.write_bytes(whole[:method] + bytes([packed]) + whole[method + 1 :])
        with pytest.raises(WeightsRejected, match="train without --resume"):
            read_checkpoint(last)


def test_the_command_line_ends_with_a_sentence(
    lesions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], own_weights: Path
) -> None:
    runs = tmp_path / "runs"
    with no_file_beyond(100_000):
        status = cli.main(["train", "segmentation", "--data", str(lesions), "--out", "new", "--runs", str(runs)])
    *_, last = capsys.readouterr().err.splitlines()
    assert status == cli.WRONG_USAGE
    assert last.startswith("skinvision: expected to write ")
    assert last.endswith("; make room, or look at the folder's rights")
    assert [path for path in runs.rglob("*") if path.is_file()] == []
    assert not own_weights.exists()


@pytest.mark.usefixtures("weights")
def test_results_of_one_picture_are_written_whole_or_not_at_all(
    lesions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    with no_file_beyond(1000):
        status = cli.main(["analyse", str(lesions / "images" / "p0.png"), "--out", str(out)])
    assert (status, "expected to write" in capsys.readouterr().out) == (cli.SOME_REJECTED, True)
    assert [path for path in out.rglob("*") if path.is_file()] == []


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free
