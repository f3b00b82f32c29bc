"""A pupil learns what finished classifiers say."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from skinvision.errors import WeightsRejected
from skinvision.models.registry import LoadedModel
from skinvision.models.staged import PooledLinear, StagedClassifier
from skinvision.training.augment import normalised
from skinvision.training.checkpoints import read_checkpoint
from skinvision.training.fit import fit, load_average
from skinvision.training.loaders import Loaders
from skinvision.training.modules import ClassifierFit
from skinvision.training.recipe import Phase
from tests.lessons import CLASSIFIER, SEGMENTER, STEPS_PER_EPOCH
from tests.samples import sample_card


def test_imitation_costs_what_the_teachers_mean_differs_by() -> None:
    """At temperature 2 logits 2 log 3 and −2 log 3 say 3/4, 1/4 and 1/4, 3/4: together one half each."""
    recipe = replace(CLASSIFIER, frozen=(), teacher_temperature=2.0)
    teachers = tuple(_constant_teacher(logit) for logit in (2 * math.log(3), -2 * math.log(3)))
    frequencies = torch.tensor([0.5, 0.5])
    module = ClassifierFit(nn.Identity(), recipe, frozenset(), STEPS_PER_EPOCH, frequencies, teachers)
    pictures = torch.zeros(2, 3, 8, 8, dtype=torch.uint8)
    assert float(module.imitation(torch.zeros(2, 2), pictures)) == pytest.approx(0, abs=1e-6)
    convinced = torch.tensor([[2 * math.log(3), 0.0]]).expand(2, 2)
    expected = 4 * (0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(0.5 / 0.25))
    assert float(module.imitation(convinced, pictures)) == pytest.approx(expected)


def test_a_teacher_is_heard_on_all_eight_views() -> None:
    """Two adjoining pixels are coloured, so that each turn puts them elsewhere. Each of two teachers has its own."""
    seen = []

    class Notes(nn.Module):
        def forward(self, picture: Tensor) -> Tensor:
            seen.append(tuple(map(tuple, picture[0, 0].nonzero().tolist())))
            return picture

    teacher = _constant_teacher(1.0)
    teacher.network.stages["only"] = Notes()
    plain = replace(teacher, card=replace(teacher.card, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0)))
    recipe = replace(CLASSIFIER, frozen=())
    frequencies = torch.tensor([0.5, 0.5])
    module = ClassifierFit(nn.Identity(), recipe, frozenset(), STEPS_PER_EPOCH, frequencies, (plain, plain))
    picture = torch.zeros(1, 3, 4, 4, dtype=torch.uint8)
    picture[:, :, 0, :2] = 255
    torch.manual_seed(0)
    for _ in range(100):
        module.imitation(torch.zeros(1, 2), picture)
    corners = {(0, 0), (0, 3), (3, 0), (3, 3)}
    assert len(set(seen)) == 8
    assert all(len(corners.intersection(pixels)) == 1 for pixels in seen)
    assert any(first != second for first, second in zip(seen[::2], seen[1::2], strict=True))


def test_a_pupil_says_what_its_teacher_says(lesions: Path, resnet18: Path, tmp_path: Path) -> None:
    """The teacher calls everything vasc, half of the labels do not, and the teacher alone is listened to."""
    teacher = _constant_teacher(-6.0)
    taught = replace(CLASSIFIER, phases=(Phase((32, 32), 6, mixup=0.2),), teacher_weight=1.0)
    fitted = fit(taught, lesions, tmp_path, resnet18, workers=0, teachers=(teacher,))
    pictures = torch.from_numpy(Loaders(taught, lesions, tmp_path / "decoded").decoded["val"][0].copy())
    load_average(fitted.network, read_checkpoint(tmp_path / "last.ckpt"))  # what is learnt here makes no epoch best
    with torch.inference_mode():
        logits = fitted.network(normalised(pictures.permute(0, 3, 1, 2), taught.mean, taught.std))
    assert (logits[:, 1] > logits[:, 0]).all()
    assert fitted.taught_by == f"teacher (SHA-256 {teacher.card.sha256[:16]} …)"
    assert f"divergence from {fitted.taught_by}" in taught.summary(6, fitted.start, fitted.taught_by)
    assert not any("teacher" in name for name in read_checkpoint(tmp_path / "last.ckpt")["state_dict"])


def test_a_resumed_run_keeps_its_teachers(lesions: Path, resnet18: Path, tmp_path: Path) -> None:
    fit(CLASSIFIER, lesions, tmp_path, resnet18, max_minutes=0, workers=0, teachers=(_constant_teacher(1.0),))
    with pytest.raises(WeightsRejected, match="taught by teacher"):
        fit(CLASSIFIER, lesions, tmp_path, resume=True, workers=0)


def test_a_teacher_that_does_not_fit_is_rejected(lesions: Path, tmp_path: Path) -> None:
    teacher = _constant_teacher(1.0)
    other = replace(teacher, card=replace(teacher.card, labels=("nv", "mel")))
    with pytest.raises(WeightsRejected, match="a teacher of nv, vasc, got teacher, which knows nv, mel"):
        fit(CLASSIFIER, lesions, tmp_path, workers=0, teachers=(other,))
    with pytest.raises(WeightsRejected, match="teachers for a classifier alone"):
        fit(SEGMENTER, lesions, tmp_path, workers=0, teachers=(teacher,))


def _constant_teacher(logit: float) -> LoadedModel:
    """A classifier that gives every picture the logits (``logit``, 0)."""
    network = StagedClassifier({"only": nn.Identity()}, PooledLinear(3, 2)).eval().requires_grad_(False)
    network.head.linear.weight.zero_()
    network.head.linear.bias.copy_(torch.tensor([logit, 0.0]))
    card = replace(sample_card("classification"), name="teacher", labels=CLASSIFIER.labels)
    return LoadedModel(card, network, None)
