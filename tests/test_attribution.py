"""The methods that show where evidence lies: worked out on paper, and by the grad-cam package and captum."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import pytorch_grad_cam as package
import torch
from numpy.typing import NDArray
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, ResNet

from skinvision.attribution import attribute
from skinvision.errors import UnknownName
from skinvision.explain import grad_cam
from skinvision.methods import METHODS, method
from skinvision.models.networks import staged_resnet
from skinvision.models.staged import PooledLinear, StagedClassifier

CLASSES = 3
STAGES = ("stem", "stage4")
BY_STAGE = [name for name, each in METHODS.items() if each.by_stage]


@pytest.fixture(scope="module")
def network() -> StagedClassifier:
    """Half of a ResNet18, with logits far from 0."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = staged_resnet(ResNet(BasicBlock, [1, 1, 1, 1]), CLASSES)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.uniform_(module.running_mean, -0.2, 0.2)
    return network.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def picture() -> Tensor:
    """With a mean of 0 in each channel, so that nothing is to be seen where nothing is shown to Score-CAM."""
    noise = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    return noise - noise.mean(dim=(2, 3), keepdim=True)


@pytest.fixture
def two_channels() -> StagedClassifier:
    """The picture's first two channels are the stage; weights (4, 8) for class 0 and (−4, 0) for class 1."""
    network = StagedClassifier({"only": _FirstTwo()}, PooledLinear(2, 2)).eval().requires_grad_(False)
    network.head.linear.weight.copy_(torch.tensor([[4.0, 8.0], [-4.0, 0.0]]))
    network.head.linear.bias.zero_()
    return network


class _FirstTwo(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x[:, :2].clone()


ON_PAPER = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[4.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]]])


@pytest.mark.parametrize(
    ("name", "target", "expected"),
    [
        ("grad-cam", 0, [[9, 2], [3, 4]]),
        ("hirescam", 0, [[9, 2], [3, 4]]),  # the gradients of a pooled head are level
        ("xgrad-cam", 0, [[9, 2], [3, 4]]),
        ("layercam", 0, [[9, 2], [3, 4]]),
        ("layercam", 1, [[0, 0], [0, 0]]),  # nothing speaks for class 1
        ("grad-cam", 1, [[-1, -2], [-3, -4]]),
        # Channel means 2.5 and 1: switched off, the class loses 4 · 2.5 and 8 · 1.
        ("ablation-cam", 0, [[10 * 1 + 8 * 4, 20], [30, 40]]),
        ("ablation-cam", 1, [[-10, -20], [-30, -40]]),
        # Σ A = 10 and 4 with gradients 1 and 2: weights 4 · 1 / (2 + 10) and 4 · 2 / (2 + 8).
        ("grad-cam++", 0, [[1 / 3 + 3.2, 2 / 3], [1, 4 / 3]]),
    ],
)
def test_maps_worked_out_on_paper(
    two_channels: StagedClassifier, name: str, target: int, expected: list[list[float]]
) -> None:
    np.testing.assert_allclose(attribute(name, two_channels, ON_PAPER, "only", target), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("grad-cam", [[9, -2], [3, 4]]),
        ("hirescam", [[9, -2], [3, 4]]),
        # Σ A = 6 and Σ |A| = 10 in the first channel: its weight of 1 becomes 0.6.
        ("xgrad-cam", [[0.6 + 8, -1.2], [1.8, 2.4]]),
    ],
)
def test_where_activations_are_negative_xgrad_cam_is_another_map(
    two_channels: StagedClassifier, name: str, expected: list[list[float]]
) -> None:
    negative = ON_PAPER.clone()
    negative[0, 0, 0, 1] = -2
    np.testing.assert_allclose(attribute(name, two_channels, negative, "only", 0), expected, rtol=1e-5)


@pytest.mark.parametrize("corner", [5.0, 0.0])
def test_the_first_principal_component_of_one_pattern_is_that_pattern(corner: float) -> None:
    """Channels that are multiples of one pattern differ from cell to cell as the pattern less its mean does.

    The more active cells are the positive ones, also where they are the many.
    """
    network = StagedClassifier({"only": nn.Identity()}, PooledLinear(3, 2)).eval()
    pattern = torch.tensor([[corner, 1.0], [1.0, 1.0]])
    found = attribute("eigen-cam", network, torch.stack([pattern, -2 * pattern, 2 * pattern])[None], "only", 0)
    np.testing.assert_allclose(found, 3 * (pattern - pattern.mean()), rtol=1e-4)


@pytest.mark.parametrize("target", range(CLASSES))
@pytest.mark.parametrize("stage", STAGES)
def test_grad_cam_is_the_one_of_all_classes_at_once(
    network: StagedClassifier, picture: Tensor, stage: str, target: int
) -> None:
    expected = grad_cam(network, picture, stage).maps[target]
    np.testing.assert_allclose(
        attribute("grad-cam", network, picture, stage, target), expected, atol=1e-6 * abs(expected).max()
    )


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(
    ("name", "kind"),
    [("hirescam", package.HiResCAM), ("layercam", package.LayerCAM), ("xgrad-cam", package.XGradCAM)],
)
def test_maps_equal_those_of_the_package(
    network: StagedClassifier, picture: Tensor, stage: str, name: str, kind: type[package.base_cam.BaseCAM]
) -> None:
    theirs, _ = _theirs(kind, network, picture, stage)
    np.testing.assert_allclose(
        attribute(name, network, picture, stage, 1), theirs, rtol=1e-3, atol=1e-4 * abs(theirs).max()
    )


@pytest.mark.parametrize("stage", STAGES)
def test_grad_cam_plus_plus_is_that_of_the_package_where_its_constant_does_not_count(
    network: StagedClassifier, picture: Tensor, stage: str
) -> None:
    louder = copy.deepcopy(network)
    louder.head.linear.weight *= 1e4
    theirs, _ = _theirs(package.GradCAMPlusPlus, louder, picture, stage)
    ours = attribute("grad-cam++", louder, picture, stage, 1)
    np.testing.assert_allclose(ours, theirs, rtol=1e-2, atol=1e-2 * abs(theirs).max())


@pytest.mark.parametrize("stage", STAGES)
def test_eigen_cam_is_that_of_the_package_up_to_its_sign(
    network: StagedClassifier, picture: Tensor, stage: str
) -> None:
    theirs, _ = _theirs(package.EigenCAM, network, picture, stage)
    ours = attribute("eigen-cam", network, picture, stage, 1)
    np.testing.assert_allclose(abs(ours), abs(theirs), rtol=1e-2, atol=1e-3 * abs(theirs).max())


@pytest.mark.parametrize("stage", STAGES)
def test_score_cam_is_that_of_the_package(network: StagedClassifier, picture: Tensor, stage: str) -> None:
    theirs, _ = _theirs(package.ScoreCAM, network, picture, stage)
    ours = attribute("score-cam", network, picture, stage, 1)
    np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4 * abs(theirs).max())


@pytest.mark.parametrize("stage", STAGES)
def test_ablation_cam_is_that_of_the_package_times_the_logit(
    network: StagedClassifier, picture: Tensor, stage: str
) -> None:
    theirs, logit = _theirs(package.AblationCAM, network, picture, stage)
    ours = attribute("ablation-cam", network, picture, stage, 1)
    np.testing.assert_allclose(ours, theirs * logit, rtol=1e-3, atol=1e-3 * abs(theirs * logit).max())


def test_integrated_gradients_of_a_linear_network_are_what_each_pixel_adds(two_channels: StagedClassifier) -> None:
    """Class 0 gains 1 with each pixel of the first channel and 2 with each of the second, whose means are 2.5 and 1."""
    found = attribute("integrated-gradients", two_channels, ON_PAPER, "only", 0)
    np.testing.assert_allclose(found, [[-1.5 + 6, -0.5 - 2], [0.5 - 2, 1.5 - 2]], atol=1e-5)


def test_occlusion_finds_the_corner_that_counts() -> None:
    """The logit is the sum of a bright corner: hidden under the mean colour, a square there loses what it held."""
    network = StagedClassifier({"only": nn.Identity()}, PooledLinear(3, 1)).eval().requires_grad_(False)
    network.head.linear.weight.fill_(64 * 64)
    picture = torch.zeros(1, 3, 64, 64)
    picture[..., :8, :8] = 1
    found = attribute("occlusion", network, picture, "only", 0)
    mean = 1 / 64
    assert found.shape == (64, 64)
    assert found[0, 0] == pytest.approx(3 * 64 * (1 - mean), rel=1e-4)
    assert found[40, 40] == pytest.approx(-3 * 64 * mean, rel=1e-4)


@pytest.mark.parametrize("name", METHODS)
def test_the_portions_are_as_many_as_was_said(network: StagedClassifier, picture: Tensor, name: str) -> None:
    done: list[str] = []

    def run(portion: Callable[[], Any]) -> Any:
        done.append(name)
        return portion()

    attribute(name, network, picture, "stage2", 0, run)
    assert len(done) == method(name).portions(128)


@pytest.mark.parametrize("name", [name for name, each in METHODS.items() if each.is_slow])
def test_work_can_be_stopped_between_portions(network: StagedClassifier, picture: Tensor, name: str) -> None:
    left = iter(range(3))

    def run(portion: Callable[[], Any]) -> Any:
        next(left)
        return portion()

    before = copy.deepcopy(network.state_dict())
    with pytest.raises((StopIteration, RuntimeError)):
        attribute(name, network, picture, "stage4", 0, run)
    torch.testing.assert_close(network.state_dict(), before, rtol=0, atol=0)


@pytest.mark.parametrize("name", METHODS)
def test_the_network_and_the_picture_are_left_as_they_were_found(name: str) -> None:
    network = StagedClassifier({"only": nn.Conv2d(3, 4, 3)}, PooledLinear(4, 2)).eval()
    before, picture = copy.deepcopy(network.state_dict()), torch.rand(1, 3, 32, 32)
    attribute(name, network, picture, "only", 0)
    assert all(parameter.grad is None and parameter.requires_grad for parameter in network.parameters())
    assert not any(module._forward_hooks for module in network.modules())
    assert not picture.requires_grad
    torch.testing.assert_close(network.state_dict(), before, rtol=0, atol=0)


@pytest.mark.parametrize("name", BY_STAGE)
def test_a_channel_that_is_silent_everywhere_does_no_harm(two_channels: StagedClassifier, name: str) -> None:
    picture = ON_PAPER.clone()
    picture[:, 1] = 0
    assert np.isfinite(attribute(name, two_channels, picture, "only", 0)).all()


def test_unknown_names_are_named(network: StagedClassifier, picture: Tensor) -> None:
    with pytest.raises(UnknownName, match="a method among grad-cam"):
        attribute("guided-backprop", network, picture, "stage4", 0)
    with pytest.raises(UnknownName, match="a stage among stem"):
        attribute("layercam", network, picture, "stage5", 0)


@pytest.mark.parametrize("each", METHODS.values(), ids=list(METHODS))
def test_every_method_says_what_it_is(each: Any) -> None:
    assert METHODS[each.name] is each
    assert each.says.endswith(".")
    assert each.unit
    assert any(mark in each.source for mark in ("arXiv:", "doi:"))


def _theirs(
    kind: type[package.base_cam.BaseCAM], network: StagedClassifier, picture: Tensor, stage: str
) -> tuple[NDArray[np.float32], float]:
    """(h, w) of class 1, before it is rectified and stretched; and the class's logit."""
    own = copy.deepcopy(network).requires_grad_()
    layer, targets = own.stages[stage], [ClassifierOutputTarget(1)]
    with kind(own, [layer]) as cam:
        cam(picture, targets)
        seen, logit = cam.activations_and_grads, float(cam.outputs[0, 1].detach())
        gradients = seen.gradients[0].numpy() if seen.gradients else None
        return cam.get_cam_image(picture, layer, targets, seen.activations[0].numpy(), gradients, False)[0], logit
