"""What changes that should not matter do to a classifier, over held-out pictures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skinvision.errors import DataRejected, WeightsRejected
from skinvision.faithfulness import Inside
from skinvision.models import registry
from skinvision.render.tables import flips_table, sweep_table
from skinvision.reports import Sweep
from skinvision.stress import ARTEFACTS, SCENES
from skinvision.training.data import Sample, at_most_per_class, read_table
from skinvision.training.intervals import Bootstrap
from skinvision.training.sweep import AS_IT_IS, Answer, Change, report, sweep
from tests.test_cli import run
from tests.tiny import save_tiny

NAMES = [scene.name for scene in SCENES] + [
    name for each in ARTEFACTS for name in (each.name, f"{each.name}-reverse")[: 1 + (each.low < 0)]
]


@pytest.fixture
def found(lesions: Path, own_weights: Path) -> Sweep:
    assert not own_weights.exists()
    save_tiny("segmentation")
    save_tiny("classification")
    return sweep(lesions, "val", per_class=2, update=True)


def test_every_change_has_its_figures(found: Sweep) -> None:
    assert list(found.under) == NAMES
    assert set(found.n) == {"nv", "vasc"}
    assert all(count <= 2 for count in found.n.values())
    for of in found.under.values():
        assert of.flips.low <= of.flips.value <= of.flips.high
        assert of.loss.low - 1e-5 <= of.loss.value <= of.loss.high + 1e-5
    titles = [of.title for of in found.under.values()]
    assert len(set(titles)) == len(titles)


def test_the_share_inside_the_lesion_is_kept_by_diagnosis(found: Sweep) -> None:
    for label, inside in found.inside.items():
        assert inside.share.n <= found.n[label]
        assert len(inside.share.quantiles) == 21
        assert list(inside.share.quantiles) == sorted(inside.share.quantiles)
        assert inside.hits.low <= inside.hits.value <= inside.hits.high


def test_with_update_the_card_has_it(found: Sweep) -> None:
    assert registry.read_card("resnet50").sweep == found


@pytest.mark.usefixtures("weights")
def test_the_command_prints_a_table_or_json(lesions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("sweep", "--data", lesions, "--split", "val", "--per-class", 1)
    status, lines, _ = run(capsys, *arguments)
    assert status == 0
    assert lines[0].startswith("| change")
    assert len(lines) == 2 + len(NAMES)
    status, lines, _ = run(capsys, *arguments, "--json")
    assert list(json.loads(lines[0])["under"]) == NAMES


@pytest.mark.usefixtures("weights")
def test_what_cannot_be_swept_is_said(lesions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DataRejected):
        sweep(lesions, "test")
    status, _, errors = run(capsys, "sweep", "--data", lesions, "--per-class", 0)
    assert status == 2
    assert "1 or more" in errors


def test_a_classifier_of_photographs_is_refused(own_weights: Path, lesions: Path) -> None:
    save_tiny("classification", name="clinical", modality="photograph")
    assert own_weights.is_dir()
    with pytest.raises(WeightsRejected, match="for dermoscopy"):
        sweep(lesions, "val", "clinical")


def test_a_fall_of_balanced_accuracy_is_taken_in_pairs() -> None:
    """A guess that is wrong once more in each class, always on the same pictures: every resample knows which."""
    truth = np.repeat([0, 1], 50)
    before = truth.copy()
    after = truth.copy()
    after[[0, 50]] = 1 - after[[0, 50]]
    again = Bootstrap.over([""] * 100, truth)
    low, high = again.macro_recall_loss(before, after, truth)
    assert 0 <= low < 0.02 < high < 0.08
    assert again.macro_recall_loss(after, after, truth) == (0, 0)


def test_figures_worked_out_on_paper() -> None:
    """Four lesions, all named rightly. A change turns one answer of each class, and takes 0.2 and 0.4 of the evidence
    out of two lesions; of the others nothing is known.
    """
    samples = [
        Sample(f"{n}", dx, "val", Path(), Path(), f"{n}", {}) for n, dx in enumerate(("nv", "nv", "vasc", "vasc"))
    ]
    nan = float("nan")
    before = [(0, 0.9), (0, 0.8), (1, 0.5), (1, nan)]
    after = [(0, 0.7), (1, 0.4), (1, nan), (0, 0.3)]
    rows = [{AS_IT_IS: Answer(*one), "ink": Answer(*other)} for one, other in zip(before, after, strict=True)]
    own = [Inside(0.9, 0.2, True), Inside(0.8, 0.2, False), Inside(0.5, 0.2, True), Inside(nan, 0.2, None)]
    found = report(samples, rows, own, {"ink": Change("Ink mark", lambda picture: picture)}, ("nv", "vasc"))
    ink = found.under["ink"]
    assert found.balanced_accuracy.value == 1
    assert ink.flips.value == 0.5
    assert ink.loss.value == 0.5
    assert ink.leaves is not None
    assert ink.leaves.value == pytest.approx(0.3)
    assert found.inside["nv"].share.quantiles[0] == pytest.approx(0.8)
    assert found.inside["nv"].hits.value == 0.5
    assert found.inside["vasc"].share.n == 1
    assert found.inside["vasc"].hits.value == 1


def test_at_most_so_many_of_a_class_and_always_the_same(lesions: Path) -> None:
    samples = read_table(lesions, "train")
    taken = at_most_per_class(samples, 3)
    assert sorted(sample.dx for sample in taken) == ["nv"] * 3 + ["vasc"] * 3
    assert at_most_per_class(samples, 3) == taken


def test_the_same_change_of_several_models_is_a_row(found: Sweep) -> None:
    other = replace(found, under={name: of for name, of in found.under.items() if name != "ink"})
    head, _, *rows = flips_table({"One": found, "Other": other}).splitlines()
    assert [cell.strip() for cell in head.split("|")[1:-1]] == ["change", "One", "Other"]
    (ink,) = [row for row in rows if "Ink mark" in row]
    assert ink.split("|")[3].strip() == "–"
    assert ink.split("|")[2].strip().startswith(f"{found.under['ink'].flips.value:.3f} (")


def test_the_table_gives_each_figure_with_its_ends(found: Sweep) -> None:
    lines = sweep_table(found).splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:]] == [of.title for of in found.under.values()]
    assert "…" in lines[2]
