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
    assert None not in (findings.compared, findings.road, findings.randomised, findings.stability)
    assert None not in (findings.another, findings.inside)
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
    assert found.another is None
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
    assert None not in (found.stability, found.another)
    channels = analyser.widths()["stage1"]
    assert len(told) == portions(analyser.classifier_card, name, with_references=False, in_full=True, channels=channels)


@pytest.mark.parametrize(("name", "stage", "block"), [("layercam", "stage1", 4), ("integrated-gradients", "stage4", 1)])
def test_chance_has_the_grain_of_the_map(
    analyser: Analyser, analysis: Analysis, findings: Findings, name: str, stage: str, block: int
) -> None:
    """Noise from pixel to pixel does better than coarse blocks, and knows nothing."""
    explanation = analyser.attribute(analysis, name, stage, "mel")
    width = analyser.classifier_card.input_size[1]
    assert width // METHODS[name].cells(explanation.activation_map.shape[1]) == block
    found = analyser.examine(analysis, explanation).compared.references
    coarse = findings.compared.references
    np.testing.assert_allclose(found.centre.deletion.scores, coarse.centre.deletion.scores, atol=1e-5)
    assert np.abs(found.chance.deletion.scores - coarse.chance.deletion.scores).max() > 1e-4


def test_maps_of_one_grain_share_what_they_have_to_beat() -> None:
    assert (
        METHODS["grad-cam"].grain("stage4") == METHODS["layercam"].grain("stage4") != METHODS["layercam"].grain("stem")
    )
    assert METHODS["occlusion"].grain("stage4") != METHODS["integrated-gradients"].grain("stage4")
    assert METHODS["occlusion"].cells(224) == 16


def test_a_map_that_knows_no_classes_is_doubtful_at_best(
    analyser: Analyser, analysis: Analysis, findings: Findings
) -> None:
    known = findings.compared.references
    same = {}
    for name in ("eigen-cam", "grad-cam"):
        explanation = analyser.attribute(analysis, name, "stage4", "mel")
        found = analyser.examine(analysis, explanation, known)
        same[name] = next(reason.stands for reason in judge(found).reasons if reason.measure == "another class")
    assert same == {"eigen-cam": "against", "grad-cam": "for"}


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
