"""A step that goes by the highest loss nearby."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from skinvision.models import networks
from skinvision.training.fit import fit
from skinvision.training.modules import ClassifierFit
from skinvision.training.recipe import Phase
from skinvision.training.sharpness import Climb
from tests.lessons import CLASSIFIER, STEPS_PER_EPOCH


def test_the_way_up_is_as_long_as_asked_along_the_gradient_and_ends_where_it_began() -> None:
    """Of (3 a)² + (4 b)² / 2 at a = b = 1 the gradient is (18, 16): its length is √580."""
    network = nn.ParameterDict({"a": nn.Parameter(torch.ones(1)), "b": nn.Parameter(torch.ones(1))})
    network["c"] = nn.Parameter(torch.ones(1), requires_grad=False)
    climb = Climb(network, radius=0.1)
    climb.up((3 * network["a"]) ** 2 + (4 * network["b"]) ** 2 / 2)
    moved = [weight.item() for weight in network.values()]
    assert moved == pytest.approx([1 + 0.1 * 18 / 580**0.5, 1 + 0.1 * 16 / 580**0.5, 1])
    climb.down()
    assert [weight.item() for weight in network.values()] == [1, 1, 1]
    climb.down()  # nothing is left to put back
    assert [weight.item() for weight in network.values()] == [1, 1, 1]


def test_what_batch_norm_has_seen_of_the_data_is_left_alone() -> None:
    norm = nn.BatchNorm1d(2)
    before = {name: buffer.clone() for name, buffer in norm.named_buffers() if "running" in name}
    with Climb(norm, 0.1).statistics_kept():
        norm(torch.randn(8, 2) + 3)
    for name, buffer in before.items():
        torch.testing.assert_close(norm.get_buffer(name), buffer, rtol=0, atol=0)
    norm(torch.randn(8, 2) + 3)
    assert float(norm.running_mean.min()) > 0.1


def test_a_step_has_the_gradient_of_the_moved_weights_and_the_weights_stay() -> None:
    torch.manual_seed(0)
    network = networks.build(CLASSIFIER.architecture, 2)
    recipe = replace(CLASSIFIER, frozen=(), phases=(Phase((32, 32), 1),), sharpness=0.5)
    module = ClassifierFit(network, recipe, frozenset(), STEPS_PER_EPOCH, torch.tensor([0.5, 0.5]))
    batch = torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8), torch.tensor([0, 1, 0, 1])
    before = {name: tensor.clone() for name, tensor in network.named_parameters()}
    module.training_step(batch).backward()
    slopes = {name: tensor.grad.clone() for name, tensor in network.named_parameters()}
    module.on_after_backward()
    for name, tensor in network.named_parameters():
        torch.testing.assert_close(tensor, before[name], rtol=0, atol=0)
    network.zero_grad()
    first = torch.autograd.grad(module.loss(module(batch[0]), batch[1]), list(network.parameters()))
    length = torch.stack([slope.norm() for slope in first]).norm()
    with torch.no_grad():
        for tensor, slope in zip(network.parameters(), first, strict=True):
            tensor += 0.5 * slope / length
    module.loss(module(batch[0]), batch[1]).backward()
    for name, tensor in network.named_parameters():
        torch.testing.assert_close(slopes[name], tensor.grad, rtol=1e-3, atol=1e-5)
    assert float(module.train_loss.weight) == 1  # the way up is not counted twice


def test_such_training_resumes_and_says_what_it_was(lesions: Path, resnet18: Path, tmp_path: Path) -> None:
    flat = replace(CLASSIFIER, name="flat", sharpness=0.05)
    fitted = fit(flat, lesions, tmp_path, resnet18, workers=0)
    losses = [epoch.train_loss for epoch in fitted.history.epochs]
    assert losses[-1] < losses[0]
    assert "Sharpness-aware, within 0.05 of the weights." in flat.summary(len(losses), fitted.start)
    assert "Sharpness" not in CLASSIFIER.summary(1, fitted.start)
