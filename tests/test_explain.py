"""Class activation maps: worked out on paper, by another library, and from many threads."""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, ResNet

from skinvision.errors import UnknownName
from skinvision.explain import grad_cam
from skinvision.models.networks import staged_resnet
from skinvision.models.staged import PooledLinear, StagedClassifier

CLASSES = 7
STAGES = ("stem", "stage1", "stage2", "stage3", "stage4")


@pytest.fixture(scope="module")
def network() -> StagedClassifier:
    """Half of a ResNet18, with batch norm that does something, ready as the registry would hand it out."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = staged_resnet(ResNet(BasicBlock, [1, 1, 1, 1]), CLASSES)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.uniform_(module.running_mean, -0.2, 0.2)
                nn.init.uniform_(module.running_var, 0.5, 2)
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)


@pytest.fixture(scope="module")
def pictures() -> Tensor:
    return torch.randn(8, 3, 64, 96, generator=torch.Generator().manual_seed(0))


def test_a_map_worked_out_on_paper() -> None:
    """Two channels on a 2 × 2 grid, weighed by (4, 8) and (−4, 0): each weight is spread over the four cells."""
    network = StagedClassifier({"only": nn.Identity()}, PooledLinear(2, 2)).requires_grad_(False)
    network.head.linear.weight.copy_(torch.tensor([[4.0, 8.0], [-4.0, 0.0]]))
    network.head.linear.bias.copy_(torch.tensor([1.0, 2.0]))
    picture = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[4.0, 0.0], [0.0, 0.0]]]])
    maps = grad_cam(network, picture, "only")
    assert maps.maps.tolist() == [[[9, 2], [3, 4]], [[-1, -2], [-3, -4]]]
    assert maps.features.tolist() == [2.5, 1]
    assert maps.logits.tolist() == [18 + 1, -10 + 2]
    assert not picture.requires_grad


@pytest.mark.parametrize("stage", STAGES)
def test_maps_equal_those_of_pytorch_grad_cam(network: StagedClassifier, pictures: Tensor, stage: str) -> None:
    ours = grad_cam(network, pictures[:1], stage).maps
    for number in range(CLASSES):
        theirs = _pytorch_grad_cam(network, pictures[:1], stage, number)
        assert abs(ours[number] - theirs).max() < 1e-4 * abs(theirs).max()


def test_the_last_map_adds_up_to_the_logit_without_its_bias(network: StagedClassifier, pictures: Tensor) -> None:
    maps = grad_cam(network, pictures[:1], "stage4")
    np.testing.assert_allclose(maps.maps.sum(axis=(1, 2)), maps.logits - network.head.linear.bias.numpy(), rtol=1e-4)


@pytest.mark.parametrize("stage", STAGES)
def test_the_logits_are_those_of_a_plain_pass(network: StagedClassifier, pictures: Tensor, stage: str) -> None:
    with torch.inference_mode():
        logits = network(pictures[:1])[0].numpy()
    np.testing.assert_allclose(grad_cam(network, pictures[:1], stage).logits, logits, rtol=1e-5, atol=1e-6)


def test_four_threads_at_once_make_the_same_maps(network: StagedClassifier, pictures: Tensor) -> None:
    work = [(picture[None], stage) for picture in pictures for stage in STAGES]
    alone = [grad_cam(network, *item).maps for item in work]
    with ThreadPoolExecutor(4) as threads:
        together = [maps.maps for maps in threads.map(lambda item: grad_cam(network, *item), work)]
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-6 * abs(one).max())


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("gradients", [False, True])
def test_the_network_is_left_as_it_was_found(pictures: Tensor, training: bool, gradients: bool) -> None:
    network = StagedClassifier({"only": nn.Conv2d(3, 4, 3)}, PooledLinear(4, 2))
    network.train(training).requires_grad_(gradients)
    before = copy.deepcopy(network.state_dict())
    with torch.set_grad_enabled(gradients):
        grad_cam(network, pictures[:1], "only")
        assert torch.is_grad_enabled() == gradients
    assert network.training == training
    for parameter in network.parameters():
        assert parameter.requires_grad == gradients
        assert parameter.grad is None
    torch.testing.assert_close(network.state_dict(), before, rtol=0, atol=0)
    assert not network.stages["only"]._forward_hooks


def test_an_unknown_stage_is_named(network: StagedClassifier, pictures: Tensor) -> None:
    with pytest.raises(UnknownName, match="a stage among stem"):
        grad_cam(network, pictures[:1], "stage5")


def _pytorch_grad_cam(network: StagedClassifier, picture: Tensor, stage: str, number: int) -> np.ndarray:
    """(h, w), before it is rectified, stretched over the picture and scaled to [0, 1]."""
    layer_of = copy.deepcopy(network).requires_grad_()
    layer, targets = layer_of.stages[stage], [ClassifierOutputTarget(number)]
    with GradCAM(layer_of, [layer]) as method:
        method(picture, targets)
        seen = method.activations_and_grads
        return method.get_cam_image(picture, layer, targets, seen.activations[0].numpy(), seen.gradients[0].numpy())[0]
