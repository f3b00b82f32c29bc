"""What the analyser finds out beyond an analysis: maps by other methods, and channels, in the one worker's queue."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skinvision import phantom
from skinvision.errors import UnknownName, WeightsRejected
from skinvision.geometry import Box
from skinvision.methods import METHODS
from skinvision.pipeline import Analyser
from skinvision.types import Analysis, Case, ModelRef


@pytest.fixture(scope="module")
def analyser(tiny_models: Path) -> Analyser:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SKINVISION_WEIGHTS", str(tiny_models))
        return Analyser.load()


@pytest.fixture(scope="module")
def case() -> Case:
    return Case(phantom.draw(0, height=80, width=120).image, "0" * 64)


@pytest.fixture(scope="module")
def analysis(analyser: Analyser, case: Case) -> Analysis:
    return analyser.analyse(case)


@pytest.mark.parametrize("stage", ["stem", "stage4"])
def test_grad_cam_is_that_of_the_analysis(analyser: Analyser, analysis: Analysis, stage: str) -> None:
    expected = analyser.explain(analysis, stage).explanation("mel")
    found = analyser.attribute(analysis, "grad-cam", stage, "mel")
    np.testing.assert_allclose(found.activation_map, expected.activation_map, rtol=1e-3, atol=1e-6)
    assert found.lesion_share == pytest.approx(expected.lesion_share, rel=1e-3)
    assert (found.stage, found.offset, found.region) == (stage, expected.offset, expected.region)


@pytest.mark.parametrize("name", METHODS)
def test_every_method_tells_of_each_portion(analyser: Analyser, analysis: Analysis, name: str) -> None:
    told: list[int] = []
    found = analyser.attribute(analysis, name, "stage1", "bcc", told.append)
    assert told == list(range(1, METHODS[name].portions(analyser.widths()["stage1"]) + 1))
    assert (found.target, found.method) == ("bcc", name)
    assert found.evidence.shape == (80, 120)
    assert found.stage == ("stage1" if METHODS[name].by_stage else "picture")
    assert found.region == Box.whole(80, 120)


def test_others_get_their_turn_between_portions(analyser: Analyser, analysis: Analysis, case: Case) -> None:
    """Within a long piece of work, another thread's analysis begins and ends."""
    done_after: list[int] = []
    other = threading.Thread(target=lambda: (analyser.analyse(case), done_after.append(portions[-1])))
    portions: list[int] = []

    def told(done: int) -> None:
        portions.append(done)
        if done == 1:
            other.start()
        if done == 3:
            other.join()

    analyser.attribute(analysis, "ablation-cam", "stage4", "mel", told)
    assert done_after[0] < METHODS["ablation-cam"].portions(analyser.widths()["stage4"])


def test_whoever_is_told_can_stop_the_work(analyser: Analyser, analysis: Analysis, case: Case) -> None:
    told: list[int] = []

    def enough(done: int) -> None:
        told.append(done)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        analyser.attribute(analysis, "score-cam", "stage4", "mel", enough)
    assert told == [1]
    assert analyser.analyse(case).prediction.top == analysis.prediction.top


def test_channels_and_what_is_left_without_them(analyser: Analyser, analysis: Analysis) -> None:
    found = analyser.channels(analysis, "stage4", "mel")
    logit = float(analysis.prediction.logits[analysis.prediction.labels.index("mel")])
    all_on = analyser.said_without(found, ())
    assert all_on.logit == pytest.approx(logit, rel=1e-4)
    assert all_on.probability == pytest.approx(analysis.prediction.probability("mel"), rel=1e-4)
    (strongest,) = found.strongest(1)
    off = analyser.said_without(found, [strongest])
    assert off.logit == pytest.approx(logit - found.contributions[strongest], rel=1e-3)


def test_unknown_names_and_foreign_analyses_are_refused(analyser: Analyser, analysis: Analysis) -> None:
    with pytest.raises(UnknownName, match="a method among"):
        analyser.attribute(analysis, "saliency", "stage4", "mel")
    with pytest.raises(UnknownName, match="a label among"):
        analyser.attribute(analysis, "occlusion", "stage4", "wart")
    with pytest.raises(UnknownName, match="a stage among"):
        analyser.attribute(analysis, "layercam", "stage9", "mel")
    foreign = replace(analysis, classifier=ModelRef("another", "0" * 64))
    with pytest.raises(WeightsRejected, match="analyse the picture again"):
        analyser.attribute(foreign, "occlusion", "stage4", "mel")
    with pytest.raises(WeightsRejected, match="analyse the picture again"):
        analyser.channels(foreign, "stage4", "mel")
