"""The command ``explain``: where one class lies, and what tests say of the map."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from skinvision import phantom
from skinvision.card import Modality
from skinvision.faithfulness import Findings, Inside, judge
from skinvision.geometry import Box
from skinvision.methods import METHODS
from skinvision.render.explained import explained
from skinvision.render.overlays import encode_png
from tests.samples import LABELS, sample_analysis, sample_card
from tests.test_cli import run, run_json

pytestmark = [
    pytest.mark.usefixtures("weights"),
    pytest.mark.filterwarnings("ignore:__array_wrap__ must accept context:DeprecationWarning"),  # of grad-cam
]

FIELDS = [
    "source",
    "status",
    "reason",
    "target",
    "method",
    "stage",
    "peak",
    "lesion_share",
    "area_share",
    "pointing_hit",
    "deletion_auc",
    "insertion_auc",
    "random",
    "centre",
    "road",
    "randomisation",
    "randomisation_ssim",
    "stability",
    "mirror",
    "verdict",
    "reasons",
    "probability",
    "in_distribution",
    "another_class",
]
LEVELS = ["head", "stage4", "stage3", "stage2", "stage1", "stem"]


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "lesion.png"
    path.write_bytes(encode_png(phantom.draw(1, height=80, width=120).image))
    return path


def test_without_tests_a_map_is_told_in_short(capsys: pytest.CaptureFixture[str], picture: Path) -> None:
    status, (found,) = run_json(capsys, "explain", picture, "--class", "mel")
    assert status == 0
    assert list(found) == FIELDS
    assert (found["status"], found["target"], found["method"], found["stage"]) == ("ok", "mel", "grad-cam", "stage4")
    assert found["verdict"] is None
    assert found["deletion_auc"] is None


def test_the_share_is_that_of_analyse(capsys: pytest.CaptureFixture[str], picture: Path) -> None:
    _, (analysed,) = run_json(capsys, "analyse", picture)
    _, (found,) = run_json(capsys, "explain", picture)
    assert found["target"] == analysed["explanation"]["target"]
    assert found["lesion_share"] == pytest.approx(analysed["explanation"]["lesion_share"], rel=1e-3)
    assert found["peak"] == pytest.approx(analysed["explanation"]["peak"], rel=1e-3)


def test_all_tests_in_one_object(capsys: pytest.CaptureFixture[str], picture: Path) -> None:
    status, (found,) = run_json(capsys, "explain", picture, "--class", "bcc", "--faithfulness")
    assert status == 0
    assert list(found) == FIELDS
    for areas in (found, found["random"], found["centre"]):
        assert 0 <= areas["deletion_auc"] <= 1
        assert 0 <= areas["insertion_auc"] <= 1
    assert list(found["randomisation"]) == list(found["randomisation_ssim"]) == LEVELS
    assert 0 <= found["area_share"] <= 1
    assert set(found["road"]) == {"whole", "without_most", "without_least"}
    assert found["verdict"] in ("believable", "doubtful", "not believable")
    assert len(found["reasons"]) == 7


@pytest.mark.parametrize("method", METHODS)
def test_every_method_at_any_stage(capsys: pytest.CaptureFixture[str], picture: Path, method: str) -> None:
    status, (found,) = run_json(capsys, "explain", picture, "--method", method, "--stage", "stage1", "--class", "nv")
    assert status == 0
    assert found["method"] == method
    assert found["stage"] == ("stage1" if METHODS[method].by_stage else "picture")


def test_a_person_gets_a_line_and_the_reasons(capsys: pytest.CaptureFixture[str], picture: Path) -> None:
    _, (line,), _ = run(capsys, "explain", picture, "--class", "mel")
    assert "lesion.png: Grad-CAM of Melanoma at stage4; " in line
    _, lines, _ = run(capsys, "explain", picture, "--class", "mel", "--faithfulness")
    assert len(lines) == 8
    assert lines[1].startswith("  against chance, ")


@pytest.mark.parametrize(("modality", "is_told"), [("dermoscopy", True), ("photograph", False)])
def test_where_pages_show_no_outline_nothing_is_told_of_the_lesion(modality: Modality, is_told: bool) -> None:
    analysis = sample_analysis(lesion=Box(0, 0, 32, 64))  # it fills the picture
    card = replace(sample_card("classification"), modality=modality)
    findings = Findings(inside=Inside(1.0, 1.0, True))
    found = explained("a.png", analysis.explanation("mel"), analysis, card, findings, judge)
    told = (found.lesion_share, found.area_share, found.pointing_hit)
    assert told == ((1.0, 1.0, True) if is_told else (None, None, None))
    assert found.reasons is not None
    assert any(reason.startswith("inside the lesion, aside") for reason in found.reasons) == is_told
    assert found.probability == pytest.approx(analysis.prediction.probability("mel"))


@pytest.mark.parametrize("option", ["--class", "--stage"])
def test_an_empty_name_is_a_name_that_is_not_known(
    capsys: pytest.CaptureFixture[str], picture: Path, option: str
) -> None:
    status, _, errors = run(capsys, "explain", picture, option, "")
    assert status == 2
    assert "got ''" in errors


def test_a_bad_picture_gets_its_sentence_and_the_rest_goes_on(
    capsys: pytest.CaptureFixture[str], picture: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "notes.txt"
    bad.write_text("no picture")
    status, (first, second) = run_json(capsys, "explain", bad, picture)
    assert status == 1
    assert (first["status"], second["status"]) == ("rejected", "ok")
    assert list(first) == FIELDS
    assert first["reason"].startswith("expected ")
    _, lines, _ = run(capsys, "explain", bad)
    assert "rejected: expected " in lines[0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--class", "wart"], f"a label among {', '.join(LABELS)}"),
        (["--method", "saliency"], "a method among grad-cam"),
        (["--stage", "stage9"], "a stage among stem"),
        (["--classifier", "nobody"], "nobody"),
    ],
)
def test_unknown_names_are_said_before_the_first_picture(
    capsys: pytest.CaptureFixture[str], picture: Path, arguments: list[str], said: str
) -> None:
    status, lines, errors = run(capsys, "explain", picture, *arguments)
    assert status == 2
    assert not lines
    assert said in errors
