from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import safetensors.torch
import timm
import torch
import torchvision
from torch import nn

from skinvision.card import Architecture
from skinvision.errors import UnknownName
from skinvision.models.networks import build, staged_resnet
from skinvision.models.staged import StagedClassifier
from skinvision.training.fit import load_start
from skinvision.training.recipe import Recipe
from skinvision.training.recipes import RECIPES


@pytest.mark.parametrize("builder", ["unet", "deeplabv3plus"])
@pytest.mark.parametrize("encoder", ["tu-test_resnet", "mobilenet_v2"])
@pytest.mark.parametrize("classes", [1, 3])
def test_a_segmenter_gives_a_logit_per_class_and_pixel(builder: str, encoder: str, classes: int) -> None:
    network = build(Architecture(builder, "segmentation-models-pytorch", encoder), classes).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, 3, 64, 96)).shape == (1, classes, 64, 96)


def test_a_resnet_halves_its_grid_from_stage_to_stage() -> None:
    network = build(Architecture("resnet", "torchvision", "resnet18"), 7).eval()
    assert isinstance(network, StagedClassifier)
    picture = torch.zeros(1, 3, 64, 96)
    with torch.inference_mode():
        shapes = {name: tuple(network.below(picture, name).shape[1:]) for name in network.stage_names}
        assert network(picture).shape == (1, 7)
    assert shapes == {
        "stem": (64, 16, 24),
        "stage1": (64, 16, 24),
        "stage2": (128, 8, 12),
        "stage3": (256, 4, 6),
        "stage4": (512, 2, 3),
    }


def test_a_staged_resnet_computes_what_torchvision_computes() -> None:
    resnet = torchvision.models.resnet18(num_classes=5).eval()
    network = staged_resnet(resnet, 5).eval()
    network.head.linear.load_state_dict(resnet.fc.state_dict())
    picture = torch.rand(2, 3, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(network(picture), resnet(picture))


@pytest.mark.parametrize(
    ("name", "original", "features"),
    [
        ("mobilenet_v2", torchvision.models.mobilenet_v2, "features"),
        ("efficientnet_b0", partial(timm.create_model, "tf_efficientnet_b0"), "forward_features"),
    ],
)
def test_a_classifier_starts_from_the_librarys_names_and_computes_what_the_library_computes(
    name: str, original: Callable[[], nn.Module], features: str, tmp_path: Path
) -> None:
    library = original().eval()
    path = tmp_path / "start.safetensors"
    safetensors.torch.save_file(library.state_dict(), path)
    recipe = RECIPES[name]
    network = build(recipe.architecture, len(recipe.labels)).eval()
    assert isinstance(network, StagedClassifier)
    assert load_start(network, recipe, path) == {"head.linear.weight", "head.linear.bias"}
    picture = torch.rand(2, 3, 64, 96)
    with torch.inference_mode():
        grids = [tuple(network.below(picture, stage).shape[2:]) for stage in network.stage_names]
        torch.testing.assert_close(network.below(picture, "stage4"), getattr(library, features)(picture))
    assert grids == [(32, 48), (16, 24), (8, 12), (4, 6), (2, 3)]


def test_a_plain_cnn_pools_after_each_block_and_ends_in_dense_layers() -> None:
    network = build(Architecture("cnn", "skinvision", "plain_cnn"), 7).eval()
    assert isinstance(network, StagedClassifier)
    with torch.inference_mode():
        grids = {name: tuple(left.shape[1:]) for name, left in network.each(torch.zeros(1, 3, 128, 128)).items()}
        output = network.output(torch.zeros(2, 3, 128, 128))
    assert grids == {"block1": (32, 64, 64), "block2": (64, 32, 32), "block3": (128, 16, 16), "block4": (128, 8, 8)}
    assert (output.logits.shape, output.features.shape) == ((2, 7), (2, 256))


@pytest.mark.parametrize(
    ("architecture", "kind"),
    [
        (Architecture("vgg", "none", "vgg16"), "a builder among unet, deeplabv3plus, resnet"),
        (Architecture("resnet", "torchvision", "resnet19"), "a torchvision ResNet among resnet101"),
        (Architecture("resnet", "torchvision", "vgg16"), "a torchvision ResNet among resnet101"),
        (Architecture("mobilenet", "torchvision", "mobilenet_v9"), "a torchvision MobileNetV2 among mobilenet_v2"),
        (Architecture("efficientnet", "timm", "resnet18"), "a timm EfficientNet among efficientnet_b0"),
        (Architecture("rest", "skinvision", "rest_huge"), "a ResT among rest_lite"),
        (Architecture("cnn", "skinvision", "vgg"), "a plain CNN among plain_cnn"),
        (Architecture("unet", "segmentation-models-pytorch", "resnet19"), "an? encoder among resnet18"),
        (Architecture("unet", "segmentation-models-pytorch", "tu-resnet19"), "an? encoder among resnet18"),
    ],
)
def test_an_unknown_architecture_is_named(architecture: Architecture, kind: str) -> None:
    with pytest.raises(UnknownName, match=kind):
        build(architecture, 1)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_the_networks_that_are_trained_can_be_built_without_memory(recipe: Recipe) -> None:
    with torch.device("meta"):
        network = build(recipe.architecture, len(recipe.labels))
    names = dict(network.named_parameters())
    assert all(any(name.startswith(prefix) for name in names) for prefix in recipe.frozen)
