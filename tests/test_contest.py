"""Which method is most faithful on a model, over held-out pictures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from skinvision.errors import DataRejected
from skinvision.faithfulness import HEADLINES
from skinvision.methods import METHODS
from skinvision.models import registry
from skinvision.render.interval_charts import contest_chart
from skinvision.reports import Interval, MethodReport
from skinvision.training.contest import contest
from tests.test_cli import run
from tests.tiny import save_tiny

pytestmark = pytest.mark.filterwarnings("ignore:__array_wrap__ must accept context:DeprecationWarning")  # of grad-cam
QUICK = [name for name, method in METHODS.items() if not method.is_slow]


def test_all_quick_methods_are_measured_and_the_card_has_it(
    lesions: Path, own_weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_tiny("segmentation")
    save_tiny("classification")
    assert own_weights.is_dir()
    _, lines, _ = run(capsys, "contest", "--data", lesions, "--split", "val", "--per-class", 1, "--update", "--json")
    found = registry.read_card("resnet50").methods
    assert list(found) == QUICK
    assert json.loads(lines[0]) == json.loads(msgspec.json.encode(found))
    for of in found.values():
        assert of.n == 2
        assert sum(of.verdicts.values()) == 2
        assert set(of.verdicts) <= set(HEADLINES)
        assert of.gain.low - 1e-5 <= of.gain.value <= of.gain.high + 1e-5


@pytest.mark.usefixtures("weights")
def test_the_command_prints_a_table(lesions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, lines, _ = run(capsys, "contest", "--data", lesions, "--split", "val", "--per-class", 1)
    assert status == 0
    assert [line.split("|")[1].strip() for line in lines[2:]] == [METHODS[name].title for name in QUICK]


@pytest.mark.usefixtures("weights")
def test_a_folder_without_such_pictures_is_refused(lesions: Path) -> None:
    with pytest.raises(DataRejected):
        contest(lesions, "test")


def test_the_most_faithful_stands_on_top() -> None:
    none = Interval(0, 0, 0)
    reports = {
        "grad-cam": MethodReport(9, none, none, Interval(0.01, -0.02, 0.04), {}),
        "layercam": MethodReport(9, none, none, Interval(0.05, 0.02, 0.08), {}),
    }
    figure = contest_chart(reports)
    assert list(figure.layout.yaxis.ticktext) == ["LayerCAM", "Grad-CAM"]
    assert list(figure.data[0].x) == [0.05, 0.01]
    assert figure.layout.xaxis.range[0] < -0.02
    best = replace(reports["layercam"], gain=Interval(0.2, 0.15, 0.25))
    assert contest_chart({"layercam": best}).layout.xaxis.range[0] < 0, "chance is on the chart"
