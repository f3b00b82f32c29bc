"""One map put to all tests, by the analyser and in its queue."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from skinvision import phantom
from skinvision.classify import staged
from skinvision.errors import UnknownName
from skinvision.examine import portions, saliency
from skinvision.explain import grad_cam
from skinvision.faithfulness import Findings, judge
from skinvision.geometry import Box, place
from skinvision.models.registry import load
from skinvision.pipeline import Analyser
from skinvision.types import Analysis, Case

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
    return analyser.examine(analysis, "grad-cam", "stage4", "mel", told=told.append)


def test_everything_is_measured_in_as_many_portions_as_was_said(
    analyser: Analyser, findings: Findings, told: list[int]
) -> None:
    assert None not in (findings.compared, findings.road, findings.randomised, findings.stability, findings.inside)
    assert told == list(range(1, portions(analyser.classifier_card, "grad-cam", "stage4", 512) + 1))
    assert list(findings.randomised) == ["head", "stage4", "stage3", "stage2", "stage1", "stem"]
    assert {reason.stands for reason in judge(findings).reasons} <= {"for", "against", "aside"}


def test_a_second_map_takes_the_references_of_the_first(
    analyser: Analyser, analysis: Analysis, findings: Findings
) -> None:
    told: list[int] = []
    known = findings.compared.references
    again = analyser.examine(analysis, "layercam", "stage2", "mel", known, told.append)
    assert again.compared.references is known
    assert len(told) == portions(analyser.classifier_card, "layercam", "stage2", 128, with_references=False)


@pytest.mark.parametrize("name", ["score-cam", "occlusion"])
def test_what_needs_twenty_maps_is_left_out_where_one_takes_long(
    analyser: Analyser, analysis: Analysis, findings: Findings, name: str
) -> None:
    told: list[int] = []
    found = analyser.examine(analysis, name, "stage4", "mel", findings.compared.references, told.append)
    assert found.randomised is None
    assert found.stability is None
    assert len(told) == portions(analyser.classifier_card, name, "stage4", 512, with_references=False)
    assert judge(found).code != "believable"


def test_the_share_inside_the_lesion_is_that_of_the_explanation(analysis: Analysis, findings: Findings) -> None:
    """The network of this card sees the whole picture, whose size is that of its input.

    An explanation rectifies its cells, the tests what lies between them too: the shares differ a little.
    """
    assert findings.inside.lesion_share == pytest.approx(analysis.explanation("mel").lesion_share, abs=1e-2)
    assert findings.inside.area_share == pytest.approx(analysis.mask.area_fraction)


@pytest.mark.usefixtures("weights")
def test_the_map_lies_where_its_cells_look() -> None:
    model = load("resnet50")
    picture = np.random.default_rng(0).normal(size=(1, 3, 64, 64)).astype(np.float32)
    found = saliency("grad-cam", model.card, "stage4", 0, staged(model), torch.from_numpy(picture))
    maps = grad_cam(staged(model), torch.from_numpy(picture), "stage4").maps[0]
    offset = model.card.stage_offsets.get("stage4", 0.0)
    np.testing.assert_allclose(found, place(maps, Box.whole(64, 64), 64, 64, offset), atol=1e-5 * abs(maps).max())


def test_unknown_names_are_named(analyser: Analyser, analysis: Analysis) -> None:
    with pytest.raises(UnknownName, match="a method among"):
        analyser.examine(analysis, "saliency", "stage4", "mel")
    with pytest.raises(UnknownName, match="a label among"):
        analyser.examine(analysis, "grad-cam", "stage4", "wart")
    with pytest.raises(UnknownName, match="a stage among"):
        analyser.examine(analysis, "grad-cam", "stage9", "mel")
