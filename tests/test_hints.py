"""A pupil's stages imitate the stages of a teacher."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from skinvision.errors import WeightsRejected
from skinvision.models.networks import build
from skinvision.models.registry import LoadedModel
from skinvision.models.staged import PooledLinear, StagedClassifier
from skinvision.training.checkpoints import read_checkpoint
from skinvision.training.fit import fit
from skinvision.training.hints import Hints
from skinvision.training.recipe import Phase
from tests.lessons import CLASSIFIER
from tests.samples import sample_card

PLAIN = replace(
    sample_card("classification"), name="teacher", labels=CLASSIFIER.labels, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0)
)


def test_what_differs_is_measured_against_the_teacher() -> None:
    """The pupil has half of what the teacher has at one stage, (1/2)² = 1/4, and nothing at the next, 1."""
    hints = Hints(_stages(nn.Identity(), nn.Identity()), _teacher(_stages(nn.Identity(), nn.Identity())))
    shown = hints.shown(torch.full((2, 3, 4, 4), 255, dtype=torch.uint8))
    assert float(shown["two"].mean()) == 1
    assert float(hints(shown, shown)) == 0
    assert float(hints({"one": shown["one"] / 2, "two": 0 * shown["two"]}, shown)) == pytest.approx(0.25 + 1)


def test_apart_a_stage_gets_what_the_teacher_gives_and_teaches_no_other() -> None:
    """Both stages of the pupil double; the teacher's leave all as it is. One after the other they would make four."""
    pupil = _stages(_times(2), _times(2))
    hints = Hints(pupil, _teacher(_stages(nn.Identity(), nn.Identity())))
    pictures = torch.full((2, 3, 4, 4), 255, dtype=torch.uint8)
    shown = hints.shown(pictures)
    loss = hints.apart(pupil, shown["one"], shown)
    assert loss.item() == pytest.approx(1 + 1)
    assert hints(pupil.each(shown["one"]), shown).item() == pytest.approx(1 + 9)
    shown["two"] = 2 * shown["two"]
    hints.apart(pupil, shown["one"], shown).backward()
    one, two = (pupil.stages[name].weight.grad.abs().max() for name in ("one", "two"))
    assert one > 0
    assert two == 0


def test_another_number_of_channels_is_compared_through_a_convolution() -> None:
    pupil = _stages(nn.Conv2d(3, 5, 1), nn.Conv2d(5, 3, 1))
    hints = Hints(pupil, _teacher(_stages(nn.Identity(), nn.Identity())))
    assert [type(part) for part in hints.compare.values()] == [nn.Conv2d, nn.Identity]
    assert {name for name, _ in hints.named_parameters()} == {"compare.one.weight", "compare.one.bias"}


def test_a_teacher_of_other_stages_or_grids_is_rejected() -> None:
    pupil = _stages(nn.Identity(), nn.Identity())
    with pytest.raises(WeightsRejected, match="a first teacher with a stage and grid of"):
        Hints(pupil, _teacher(_stages(nn.MaxPool2d(2), nn.Identity())))
    with pytest.raises(WeightsRejected, match="name another"):
        Hints(pupil, _teacher(StagedClassifier({"other": nn.Identity()}, PooledLinear(3, 2))))
    with pytest.raises(WeightsRejected, match="a first teacher with all stages of"):
        Hints(pupil, _teacher(_stages(nn.Identity(), nn.Conv2d(3, 5, 1))), apart=True)


def test_only_stages_of_the_same_grid_are_compared() -> None:
    pupil = _stages(nn.Identity(), nn.MaxPool2d(2))
    hints = Hints(pupil, _teacher(_stages(nn.Identity(), nn.Identity())))
    shown = hints.shown(torch.full((2, 3, 4, 4), 255, dtype=torch.uint8))
    assert list(hints.compare) == ["one"]
    assert hints(pupil.each(shown["one"] / 2), shown).item() == pytest.approx(0.25)


def test_a_pupil_comes_to_look_like_its_teacher(lesions: Path, tmp_path: Path) -> None:
    torch.manual_seed(1)
    network = build(CLASSIFIER.architecture, 2)
    assert isinstance(network, StagedClassifier)
    with torch.no_grad():
        for _ in range(50):  # so that batch norm knows what it norms
            network(torch.rand(8, 3, 32, 32))
    teacher = _teacher(network)
    hinted = replace(CLASSIFIER, phases=(Phase((32, 32), 8),), hint_weight=1.0)
    fitted = fit(hinted, lesions, tmp_path, workers=0, teachers=(teacher,))
    losses = [epoch.train_loss for epoch in fitted.history.epochs]
    assert losses[0] - losses[-1] > 1  # more than right answers alone could gain
    assert not any("hints" in name for name in fitted.network.state_dict())
    assert any("network" in name for name in read_checkpoint(tmp_path / "last.ckpt")["state_dict"])
    assert "Stages also imitate those of the first" in hinted.summary(8, fitted.start, fitted.taught_by)


def test_stages_learn_apart_only_from_a_teacher(lesions: Path, tmp_path: Path) -> None:
    apart = replace(CLASSIFIER, phases=(Phase((32, 32), 1, apart=True),), hint_weight=1.0)
    with pytest.raises(WeightsRejected, match="imitated one by one"):
        fit(apart, lesions, tmp_path, workers=0)
    network = build(CLASSIFIER.architecture, 2)
    fitted = fit(apart, lesions, tmp_path, workers=0, teachers=(_teacher(network),))
    assert "each stage learns apart" in apart.summary(1, fitted.start, fitted.taught_by)


def _times(factor: float) -> nn.Module:
    convolution = nn.Conv2d(3, 3, 1, bias=False)
    convolution.weight.data = factor * torch.eye(3)[:, :, None, None]
    return convolution


def _stages(one: nn.Module, two: nn.Module) -> StagedClassifier:
    return StagedClassifier({"one": one, "two": two}, PooledLinear(3, 2))


def _teacher(network: StagedClassifier) -> LoadedModel:
    return LoadedModel(PLAIN, network.eval().requires_grad_(False), None)
