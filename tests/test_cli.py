from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from skinvision import phantom
from skinvision.cli import main
from skinvision.intake import read_case
from skinvision.pipeline import Analyser
from skinvision.render.overlays import encode_png
from tests.samples import LABELS, TITLES
from tests.test_report import FIELDS

HEIGHT, WIDTH = 240, 320
pytestmark = pytest.mark.usefixtures("weights")


@pytest.fixture(scope="module")
def lesion() -> bytes:
    return encode_png(phantom.draw(1, height=HEIGHT, width=WIDTH).image)


@pytest.fixture
def folder(tmp_path: Path, lesion: bytes) -> Path:
    """b.png and deeper/a.png, the same lesion, and notes.txt."""
    (tmp_path / "in" / "deeper").mkdir(parents=True)
    (tmp_path / "in" / "b.png").write_bytes(lesion)
    (tmp_path / "in" / "deeper" / "a.png").write_bytes(lesion)
    (tmp_path / "in" / "notes.txt").write_text("no picture")
    return tmp_path / "in"


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[str], str]:
    """Exit status, lines of standard output, and standard error."""
    try:
        status = main([str(argument) for argument in arguments])
    except SystemExit as stop:
        status = int(stop.code or 0)
    captured = capsys.readouterr()
    return status, captured.out.splitlines(), captured.err


def run_json(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[dict[str, Any]]]:
    status, lines, _ = run(capsys, *arguments, "--json")
    return status, [json.loads(line) for line in lines]


def test_analyse_json(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    status, (document,) = run_json(capsys, "analyse", folder / "b.png")
    assert status == 0
    assert list(document) == FIELDS
    assert document["source"] == str(folder / "b.png")
    assert (document["status"], document["reason"]) == ("ok", None)
    assert sum(document["prediction"].values()) == pytest.approx(1, abs=1e-6)
    assert list(document["prediction"]) == list(LABELS)
    assert set(document["prediction_set"]) <= set(LABELS)
    assert set(document["mask"]) == {"area_fraction", "box"}
    assert set(document["explanation"]) == {"target", "method", "stage", "peak", "lesion_share"}
    assert document["explanation"]["target"] == max(document["prediction"], key=document["prediction"].get)
    assert document["models"] == {"segmenter": "unet", "classifier": "resnet50"}


def test_a_folder_gives_all_its_files_in_order_and_rejects_what_is_no_picture(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    status, documents = run_json(capsys, "analyse", folder)
    assert status == 1
    names = ["b.png", "deeper/a.png", "notes.txt"]
    assert [document["source"] for document in documents] == [str(folder / name) for name in names]
    assert [document["status"] for document in documents] == ["ok", "ok", "rejected"]
    assert "JPEG" in documents[2]["reason"]
    assert list(documents[2]) == FIELDS


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing.png", "No such file"),
        (300 * "a", "File name too long"),
        ("empty", "an empty one"),
        ("b.png/inside", "Not a directory"),
    ],
)
def test_a_path_without_a_picture_is_rejected(
    capsys: pytest.CaptureFixture[str], folder: Path, name: str, reason: str
) -> None:
    (folder / "empty").mkdir()
    status, documents = run_json(capsys, "analyse", folder / name, folder / "b.png")
    assert status == 1
    assert [document["status"] for document in documents] == ["rejected", "ok"]
    assert reason in documents[0]["reason"]


def test_a_name_that_is_not_utf8_still_gives_json(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    status, documents = run_json(capsys, "analyse", f"{folder}/\udcff.png")
    assert status == 1
    assert documents[0]["source"] == f"{folder}/\N{REPLACEMENT CHARACTER}.png"


def test_analyse_without_json_gives_a_sentence_per_picture(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    status, lines, _ = run(capsys, "analyse", folder / "b.png", folder / "notes.txt")
    assert status == 1
    source, _, said = lines[0].partition(": ")
    assert source == str(folder / "b.png")
    assert any(said.startswith(title) for title in TITLES.values())
    assert lines[1].startswith(f"{folder / 'notes.txt'}: rejected: expected a JPEG")


def test_a_name_cannot_break_the_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "a\nb\x1b[2J.png").write_text("no picture")
    _, lines, _ = run(capsys, "analyse", tmp_path)
    assert [line.partition(": ")[0] for line in lines] == [f"{tmp_path}/a\ufffdb\ufffd[2J.png"]


def test_out_writes_each_picture_to_its_own_folder(
    capsys: pytest.CaptureFixture[str], folder: Path, lesion: bytes, tmp_path: Path
) -> None:
    (folder / "b-2.png").write_bytes(lesion)
    (folder / "deeper" / "B.webp").write_bytes(lesion)
    out = tmp_path / "results" / "today"
    paths = (folder / "b.png", folder / "deeper" / "B.webp", folder / "b-2.png", folder / "notes.txt")
    status, documents = run_json(capsys, "analyse", *paths, "--out", out)
    assert status == 1
    assert sorted(path.name for path in out.iterdir()) == ["B-2", "b", "b-2-2"]
    for name, document in zip(("b", "B-2", "b-2-2"), documents, strict=False):
        assert json.loads((out / name / "analysis.json").read_bytes()) == document
        for png in ("mask.png", "overlay.png"):
            assert cv2.imread(str(out / name / png), cv2.IMREAD_UNCHANGED).shape[:2] == (HEIGHT, WIDTH)
        height, width = cv2.imread(str(out / name / "heatmap.png")).shape[:2]
        assert height > HEIGHT, "the colour bar stands below the picture"
        assert width == WIDTH


def test_a_stem_of_dots_stays_in_the_folder(capsys: pytest.CaptureFixture[str], lesion: bytes, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir(exist_ok=True)
    (tmp_path / "in" / "...png").write_bytes(lesion)
    status, _ = run_json(capsys, "analyse", tmp_path / "in" / "...png", "--out", tmp_path / "out" / "deep")
    assert status == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["deep"]
    assert [path.name for path in (tmp_path / "out" / "deep").iterdir()] == ["picture"]


def test_a_picture_whose_files_cannot_be_written_does_not_stop_the_others(
    capsys: pytest.CaptureFixture[str], folder: Path, lesion: bytes, tmp_path: Path
) -> None:
    (folder / "c.png").write_bytes(lesion)
    out = tmp_path / "out"
    out.mkdir()
    (out / "b").write_text("in the way")
    status, documents = run_json(capsys, "analyse", folder / "b.png", folder / "c.png", "--out", out)
    assert status == 1
    assert [document["status"] for document in documents] == ["rejected", "ok"]
    assert (out / "c" / "analysis.json").is_file()


def test_models_of_a_folder_without_cards(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SKINVISION_WEIGHTS", str(tmp_path))
    status, lines, error = run(capsys, "models")
    assert (status, lines) == (2, [])
    assert "restore its files" in error


def test_the_mask_file_is_the_mask(capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path) -> None:
    _, (document,) = run_json(capsys, "analyse", folder / "b.png", "--out", tmp_path / "out")
    mask = cv2.imread(str(tmp_path / "out" / "b" / "mask.png"), cv2.IMREAD_UNCHANGED)
    assert set(np.unique(mask)) <= {0, 255}
    assert (mask == 255).mean() == pytest.approx(document["mask"]["area_fraction"])


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("analyse",),
        ("analyse", ""),
        ("analyze", "b.png"),
        ("analyse", "b.png", "--jso"),
        ("analyse", "b.png", "--segmenter", "nobody"),
        ("analyse", "b.png", "--classifier", "nobody"),
        ("analyse", "b.png", "--classifier", "../unet"),
        ("analyse", "b.png", "--classifier", "unet"),
        ("analyse", "b.png", "--segmenter", "resnet50"),
        ("analyse", "b.png", "--out", "b.png"),
        ("evaluate", "segmentation"),
        ("evaluate", "detection", "--data", "."),
        ("evaluate", "segmentation", "--data", "nowhere"),
        ("evaluate", "segmentation", "--data", ".", "--model", "nobody"),
        ("evaluate", "segmentation", "--data", ".", "--model", "resnet50"),
        ("evaluate", "segmentation", "--data", ".", "--split", "test", "--update"),
        ("train", "classification", "--data", "nowhere"),
        ("train", "classification", "--data", "nowhere", "--out", "new"),
        ("train", "classification", "--data", "nowhere", "--out", "new", "--recipe", "nobody"),
        ("train", "classification", "--data", "nowhere", "--out", "new", "--max-minutes", "0"),
        ("train", "classification", "--data", "nowhere", "--out", "new", "--max-minutes", "soon"),
        ("train", "classification", "--data", "nowhere", "--out", "new", "--workers", "-1"),
        ("train", "classification", "--data", ".", "--out", "a/b"),
        ("train", "classification", "--data", ".", "--out", ".."),
    ],
    ids=" ".join,
)
def test_wrong_usage_says_why_and_ends_with_2(
    capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(folder)
    status, lines, error = run(capsys, *arguments)
    assert status == 2
    assert lines == []
    assert error.splitlines()[-1].partition(": ")[2]
    assert "Traceback" not in error


def test_altered_weights_are_named(
    capsys: pytest.CaptureFixture[str],
    folder: Path,
    weights: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    altered = tmp_path / "altered"
    altered.mkdir()
    for file in weights.iterdir():
        (altered / file.name).write_bytes(file.read_bytes())
    (altered / "unet.safetensors").write_bytes((weights / "unet.safetensors").read_bytes() + b"\0")
    monkeypatch.setenv("SKINVISION_WEIGHTS", str(altered))
    status, lines, error = run(capsys, "analyse", folder / "b.png")
    assert (status, lines) == (2, [])
    assert error.startswith("skinvision: expected SHA-256 ")


@pytest.fixture
def labelled(tmp_path: Path, lesion: bytes) -> Path:
    """Three pictures that are labelled with the models' own answers, and one of an unknown diagnosis."""
    analysis = Analyser.load().analyse(read_case(lesion))
    for name in ("images", "masks"):
        (tmp_path / "data" / name).mkdir(parents=True)
    answers = {"one": analysis.prediction.top, "two": analysis.prediction.top, "three": "wart"}
    rows = [f"{name},{dx},{'val' if name == 'two' else 'test'}" for name, dx in answers.items()]
    (tmp_path / "data" / "metadata.csv").write_text("\n".join(["image_id,dx,split", *rows]))
    for name in answers:
        (tmp_path / "data" / "images" / f"{name}.png").write_bytes(lesion)
        mask = analysis.mask.binary.astype(np.uint8) * 255
        cv2.imwrite(str(tmp_path / "data" / "masks" / f"{name}.png"), mask)
    return tmp_path / "data"


def test_evaluate_segmentation(capsys: pytest.CaptureFixture[str], labelled: Path) -> None:
    status, (report,) = run_json(capsys, "evaluate", "segmentation", "--data", labelled)
    assert status == 0
    assert report["n"] == 3
    for figure in ("dice", "jaccard", "thresholded_jaccard", "sensitivity", "specificity"):
        assert report[figure] == 1


def test_evaluate_classification(capsys: pytest.CaptureFixture[str], labelled: Path) -> None:
    status, (report,) = run_json(capsys, "evaluate", "classification", "--data", labelled, "--model", "resnet50")
    assert status == 0
    assert report["n"] == 2
    assert report["unscored"] == {"wart": 1}
    assert (report["accuracy"], report["balanced_accuracy"]) == (1, 1)
    assert np.array(report["confusion"]).sum() == 2
    assert report["labels"] == list(LABELS)
    for figure in ("macro_f1", "macro_auc", "nll", "ece"):
        assert figure in report
    assert set(report["per_class"]["mel"]) >= {"recall", "precision", "auc", "n"}


def test_evaluate_one_split_as_tables(capsys: pytest.CaptureFixture[str], labelled: Path) -> None:
    status, lines, _ = run(capsys, "evaluate", "classification", "--data", labelled, "--split", "test")
    assert status == 0
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert ["n", "1", "–"] in cells
    assert ["accuracy", "1.000", "1.000 … 1.000"] in cells
    assert lines[-1].endswith("wart 1")


def test_models_as_json_are_the_cards(capsys: pytest.CaptureFixture[str]) -> None:
    status, (cards,) = run_json(capsys, "models")
    assert status == 0
    assert [card["name"] for card in cards] == ["unet", "resnet50"]  # type: ignore[index]


def test_models_as_tables(capsys: pytest.CaptureFixture[str]) -> None:
    status, lines, _ = run(capsys, "models")
    assert status == 0
    assert any("`unet`" in line and "0.882" in line for line in lines)
    assert any("`resnet50`" in line and "0.790" in line and "0.740 … 0.830" in line for line in lines)


def test_training_without_its_packages_names_the_file_that_has_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in sys.modules if name.startswith("skinvision.training")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "lightning", None)
    status, _, error = run(capsys, "train", "segmentation", "--data", tmp_path, "--out", "new")
    assert status == 2
    assert "pip install -r requirements-train.txt" in error


def test_a_reader_that_goes_away_is_no_error(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as nobody_reads:
        monkeypatch.setattr(sys, "stdout", nobody_reads)
        assert main(["models", "--json"]) == 141
        monkeypatch.undo()
    assert capfd.readouterr().err == ""


def test_an_interrupt_ends_with_130(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The signal comes while the picture is read. What started the tests may have told them to ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    endless, reader = tmp_path / "endless.png", threading.get_ident()
    os.mkfifo(endless)

    def interrupt() -> None:
        with endless.open("wb", buffering=0) as pipe:
            pipe.write(bytes(1_000_000))  # more than a pipe holds: when it is written, the reader is at it
            signal.pthread_kill(reader, signal.SIGINT)

    threading.Thread(target=interrupt).start()
    try:
        status, lines, error = run(capsys, "analyse", endless)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (status, lines, error) == (130, [], "skinvision: interrupted\n")


def test_help_needs_no_torch() -> None:
    code = (
        "import sys\n"
        "from skinvision.cli import main\n"
        "try: main(['analyse', '--help'])\n"
        "finally: assert not {'torch', 'numpy', 'streamlit'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "--segmenter NAME" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "usage: python -m skinvision"),
        (("evaluate", "segmentation", "--data", "nowhere"), "skinvision: expected a table at nowhere"),
        (("train", "segmentation", "--data", "nowhere", "--out", "new"), "skinvision: expected a table at nowhere"),
    ],
    ids=["nothing", "evaluate", "train"],
)
def test_the_module_is_a_program(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    """Each in a process of its own, where nothing is imported yet."""
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-m", "skinvision", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(root)},
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr
    assert "Traceback" not in done.stderr
