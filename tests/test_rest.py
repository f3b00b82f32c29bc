"""ResT-Lite: its size, its parts worked out on paper, and class activation maps at its stages."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn

from skinvision.card import Architecture
from skinvision.explain import grad_cam
from skinvision.models.networks import build
from skinvision.models.rest import EfficientAttention, PixelAttention
from skinvision.models.staged import StagedClassifier

ARCHITECTURE = Architecture("rest", "skinvision", "rest_lite")


@pytest.fixture(scope="module")
def network() -> StagedClassifier:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = build(ARCHITECTURE, 7)
    assert isinstance(network, StagedClassifier)
    return network.eval().requires_grad_(False)


def test_it_has_as_many_parameters_as_published() -> None:
    """10.5 M with 1000 classes (table 2 of the paper)."""
    with torch.device("meta"):
        network = build(ARCHITECTURE, 1000)
    assert sum(parameter.numel() for parameter in network.parameters()) == 10_508_300


@pytest.mark.parametrize("size", [(64, 96), (160, 128), (72, 104)])
def test_each_stage_halves_the_grid(network: StagedClassifier, size: tuple[int, int]) -> None:
    with torch.inference_mode():
        left = network.each(torch.zeros(1, 3, *size))
    grids = [tuple(activation.shape[1:]) for activation in left.values()]
    fourth = tuple(-(-side // 4) for side in size)
    expected = [(64, *fourth), *((64 << n, *(-(-side // (1 << n)) for side in fourth)) for n in range(4))]
    assert grids == expected


@pytest.mark.parametrize("stage", ["stem", "stage1", "stage2", "stage3", "stage4"])
def test_its_maps_equal_those_of_pytorch_grad_cam(network: StagedClassifier, stage: str) -> None:
    picture = torch.randn(1, 3, 96, 64, generator=torch.Generator().manual_seed(0))
    ours = grad_cam(network, picture, stage).maps
    other = copy.deepcopy(network).requires_grad_()
    layer = other.stages[stage]
    for number in range(7):
        targets = [ClassifierOutputTarget(number)]
        with GradCAM(other, [layer]) as method:
            method(picture, targets)
            seen = method.activations_and_grads
            theirs = method.get_cam_image(
                picture, layer, targets, seen.activations[0].numpy(), seen.gradients[0].numpy()
            )[0]
        assert abs(ours[number] - theirs).max() < 1e-4 * abs(theirs).max()


def test_the_last_map_adds_up_to_the_logit_without_its_bias(network: StagedClassifier) -> None:
    picture = torch.randn(1, 3, 64, 96, generator=torch.Generator().manual_seed(1))
    maps = grad_cam(network, picture, "stage4")
    linear = network.head.linear
    assert isinstance(linear, nn.Linear)
    np.testing.assert_allclose(
        maps.maps.sum(axis=(1, 2)), maps.logits - linear.bias.numpy(), rtol=1e-3, atol=1e-5 * abs(maps.logits).max()
    )


def test_pixel_attention_weighs_each_pixel_by_its_surroundings() -> None:
    """A kernel of ones sums up the neighbourhood: 3 × 3 pixels of 1 give 9 in the middle and 4 in a corner."""
    attention = PixelAttention(1)
    with torch.no_grad():
        attention.weigh.weight.fill_(1)
        attention.weigh.bias.zero_()
        weighed = attention(torch.ones(1, 1, 3, 3))
    expected = torch.tensor([4.0, 9.0]).sigmoid()
    torch.testing.assert_close(weighed[0, 0, 0, 0], expected[0])
    torch.testing.assert_close(weighed[0, 0, 1, 1], expected[1])


def test_attention_of_one_head_worked_out_on_paper() -> None:
    """Tokens 0 and log 3 that are query, key and value at once.

    The first is alike to both, its answer is their mean. The second has similarities 0 and (log 3)²; the softmax of
    these gives the second value the share s = 1 / (1 + exp(−(log 3)²)).
    """
    attention = EfficientAttention(1, heads=1, reduction=1)
    with torch.no_grad():
        for linear in (attention.query, attention.key_value, attention.project):
            linear.weight.fill_(1)
            linear.bias.zero_()
        log3 = float(np.log(3))
        answer = attention(torch.tensor([[[[0.0, log3]]]]))
    share = 1 / (1 + np.exp(-(log3**2)))
    np.testing.assert_allclose(answer.numpy().ravel(), [log3 / 2, log3 * share], rtol=1e-6)


def test_several_heads_are_mixed_and_normed() -> None:
    """Each head's attention has mean 0 over all its cells, so a value that is the same everywhere is lost."""
    torch.manual_seed(0)
    attention = EfficientAttention(8, heads=2, reduction=2).eval()
    with torch.no_grad():
        attention.key_value.weight[8:].zero_()  # values are the bias alone
        attention.key_value.bias[8:].fill_(3)
        tokens = attention(torch.randn(1, 8, 4, 4))
        torch.testing.assert_close(tokens.mean(dim=(2, 3))[0], attention.project.bias, rtol=0, atol=1e-4)
