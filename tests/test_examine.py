"""One map put to all tests, by the analyser and in its queue."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from skinvision import phantom
from skinvision.errors import UnknownName, WeightsRejected
from skinvision.examine import on_input, portions
from skinvision.faithfulness import Findings, judge
from skinvision.methods import METHODS
from skinvision.pipeline import Analyser
from skinvision.types import Analysis, Case, ModelRef

pytestmark = pytest.mark.filterwarnings("ignore:__array_wrap__ must accept context:DeprecationWarning")  # of grad-cam


@pytest.fixture(scope="module")
def analyser(tiny_models: Path) -> Analyser:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SKINVISION_WEIGHTS", str(tiny_models))
        return Analyser.load()


@pytest.fixture(scope="module")
def analysis(analyser: Analyser) -> Analysis:
    return analyser.analyse(Case(phantom.draw(0, height=64, width=96).image, "0" * 64))


@pytest.fixture(scope="module")
def told() -> list[int]:
    return []


@pytest.fixture(scope="module")
def findings(analyser: Analyser, analysis: Analysis, told: list[int]) -> Findings:
    return analyser.examine(analysis, analysis.explanation("mel"), told=told.append)


def test_everything_is_measured_in_as_many_portions_as_was_said(
    analyser: Analyser, findings: Findings, told: list[int]
) -> None:
    assert None not in (findings.compared, findings.road, findings.randomised, findings.stability, findings.inside)
    assert told == list(range(1, portions(analyser.classifier_card, "grad-cam", with_references=True) + 1))
    assert list(findings.randomised) == ["head", "stage4", "stage3", "stage2", "stage1", "stem"]
    unknown = {reason.measure for reason in judge(findings).reasons if reason.stands == "unknown"}
    assert unknown <= {
        "ROAD",
        "against chance",
        "against a blob",
    }  # where an untrained network loses too little to tell


def test_a_second_map_takes_the_references_of_the_first(
    analyser: Analyser, analysis: Analysis, findings: Findings
) -> None:
    told: list[int] = []
    known = findings.compared.references
    explanation = analyser.attribute(analysis, "layercam", "stage2", "mel")
    again = analyser.examine(analysis, explanation, known, told.append)
    assert again.compared.references is known
    assert len(told) == portions(analyser.classifier_card, "layercam", with_references=False)


@pytest.mark.parametrize("name", [name for name, each in METHODS.items() if each.is_slow])
def test_what_needs_twenty_maps_is_left_out_where_one_takes_long(
    analyser: Analyser, analysis: Analysis, findings: Findings, name: str
) -> None:
    told: list[int] = []
    explanation = analyser.attribute(analysis, name, "stage4", "mel")
    found = analyser.examine(analysis, explanation, findings.compared.references, told.append)
    assert found.randomised is None
    assert found.stability is None
    assert len(told) == portions(analyser.classifier_card, name, with_references=False)
    assert judge(found).code != "believable"


@pytest.mark.parametrize("name", [name for name, each in METHODS.items() if each.is_slow])
def test_slow_maps_are_tested_in_full_when_asked_for(
    analyser: Analyser, analysis: Analysis, findings: Findings, name: str
) -> None:
    told: list[int] = []
    explanation = analyser.attribute(analysis, name, "stage1", "mel")
    found = analyser.examine(analysis, explanation, findings.compared.references, told.append, in_full=True)
    assert list(found.randomised) == list(findings.randomised)
    assert found.stability is not None
    channels = analyser.widths()["stage1"]
    assert len(told) == portions(analyser.classifier_card, name, with_references=False, in_full=True, channels=channels)


def test_the_share_inside_the_lesion_is_that_of_the_explanation(analysis: Analysis, findings: Findings) -> None:
    """The network of this card sees the whole picture, whose size is that of its input."""
    assert findings.inside.lesion_share == pytest.approx(analysis.explanation("mel").lesion_share, abs=1e-3)
    assert findings.inside.area_share == pytest.approx(analysis.mask.area_fraction)


def test_a_map_lies_where_its_cells_look() -> None:
    """Of two cells in a row, half a cell to the right: what lay in the middle of the first lies at its right edge."""
    values = np.array([[1.0, 0.0]], np.float32)
    picture = torch.zeros(1, 3, 4, 8)
    np.testing.assert_allclose(on_input(values, 0.0, picture)[0], [1, 1, 0.875, 0.625, 0.375, 0.125, 0, 0])
    np.testing.assert_allclose(on_input(values, 0.5, picture)[0], [1, 1, 1, 1, 0.875, 0.625, 0.375, 0.125])


def test_an_unknown_label_is_named(analyser: Analyser, analysis: Analysis) -> None:
    with pytest.raises(UnknownName, match="a label among"):
        analyser.examine(analysis, replace(analysis.explanation("mel"), target="wart"))


def test_an_analysis_of_another_network_is_refused(analyser: Analyser, analysis: Analysis) -> None:
    foreign = replace(analysis, classifier=ModelRef("another", "0" * 64))
    with pytest.raises(WeightsRejected, match="analyse the picture again"):
        analyser.examine(foreign, analysis.explanation("mel"))
