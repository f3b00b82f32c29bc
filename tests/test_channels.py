"""How a Grad-CAM is made: what channels contribute, and what is left without some of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, ResNet

from skinvision.channels import Channels, channels, logits_without
from skinvision.errors import UnknownName
from skinvision.explain import grad_cam
from skinvision.models.networks import staged_resnet
from skinvision.models.staged import PooledLinear, StagedClassifier


@pytest.fixture
def linear() -> StagedClassifier:
    """Three channels with weights (4, −8, 1) for class 0, whose bias is 3."""
    network = StagedClassifier({"only": nn.Identity()}, PooledLinear(3, 2)).eval().requires_grad_(False)
    network.head.linear.weight.copy_(torch.tensor([[4.0, -8.0, 1.0], [0.0, 0.0, 1.0]]))
    network.head.linear.bias.copy_(torch.tensor([3.0, 0.0]))
    return network


@pytest.fixture
def picture() -> Tensor:
    """Channel means 2.5, 1 and 0.5."""
    return torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[4.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [1.0, 1.0]]]])


@pytest.fixture
def found(linear: StagedClassifier, picture: Tensor) -> Channels:
    return channels(linear, picture, "only", 0)


def test_contributions_and_bias_add_up_to_the_logit(found: Channels) -> None:
    assert found.weights.tolist() == [1, -2, 0.25]
    assert found.contributions.tolist() == [10, -8, 0.5]
    assert found.remainder == 3
    assert found.logits.tolist() == [10 - 8 + 0.5 + 3, 0.5]


def test_the_strongest_channels_speak_for_or_against(found: Channels) -> None:
    assert found.strongest(2) == (0, 1)
    assert found.strongest(9) == (0, 1, 2)


def test_maps_of_the_channels_add_up_to_grad_cam(found: Channels, linear: StagedClassifier, picture: Tensor) -> None:
    whole = grad_cam(linear, picture, "only").maps[0]
    np.testing.assert_allclose(sum(found.channel_map(c) for c in range(3)), whole)
    np.testing.assert_allclose(found.map_without(()), whole)


def test_without_a_channel_map_and_logit_lose_what_it_contributes(found: Channels, linear: StagedClassifier) -> None:
    np.testing.assert_allclose(found.map_without([1]), [[1, 2], [3.25, 4.25]])
    assert logits_without(linear, found, [1]).tolist() == [13.5, 0.5]
    assert logits_without(linear, found, [0, 1, 2]).tolist() == [3, 0]
    np.testing.assert_allclose(logits_without(linear, found, ()), found.logits)


def test_switching_off_leaves_what_was_found_as_it_is(found: Channels, linear: StagedClassifier) -> None:
    before = found.activation.copy(), found.weights.copy()
    logits_without(linear, found, [0])
    found.map_without([0])
    np.testing.assert_array_equal(found.activation, before[0])
    np.testing.assert_array_equal(found.weights, before[1])


@pytest.mark.parametrize("stage", ["stem", "stage4"])
def test_channels_of_a_deep_network(stage: str) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = staged_resnet(ResNet(BasicBlock, [1, 1, 1, 1]), 3).eval().requires_grad_(False)
        picture = torch.randn(1, 3, 64, 64)
    found = channels(network, picture, stage, 2)
    expected = grad_cam(network, picture, stage).maps[2]
    np.testing.assert_allclose(found.map_without(()), expected, atol=1e-5 * abs(expected).max())
    off = found.strongest(8)
    lost = found.logits[2] - logits_without(network, found, off)[2]
    if stage == "stage4":  # pooled and linear from here on
        assert lost == pytest.approx(found.contributions[list(off)].sum(), rel=1e-3)
        assert found.remainder == pytest.approx(float(network.head.linear.bias[2]), abs=1e-5)
    else:
        assert lost != pytest.approx(found.contributions[list(off)].sum(), rel=1e-3)


def test_an_unknown_stage_is_named(linear: StagedClassifier, picture: Tensor) -> None:
    with pytest.raises(UnknownName, match="a stage among only"):
        channels(linear, picture, "stage5", 0)
