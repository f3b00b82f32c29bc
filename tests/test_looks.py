"""Several looks at one picture: the mean of them, maps that do not care which way up, and the same weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from skinvision.card import Architecture
from skinvision.errors import WeightsRejected
from skinvision.explain import grad_cam
from skinvision.models import networks, registry
from skinvision.models.looks import Looking, with_looks
from skinvision.models.registry import LoadedModel, load
from skinvision.models.staged import DenseHead, StagedClassifier
from skinvision.training.combine import combine
from skinvision.training.evaluate import evaluate
from skinvision.training.hints import Hints
from skinvision.training.refit import refit
from tests.samples import sample_card
from tests.tiny import save_tiny

FLIPS = {2: ((), (2, 3)), 4: ((), (2, 3), (2,), (3,))}


@pytest.fixture(scope="module")
def network() -> StagedClassifier:
    torch.manual_seed(0)
    built = networks.build(_architecture(), 7)
    assert isinstance(built, StagedClassifier)
    return built.eval().requires_grad_(False)


def _architecture() -> Architecture:
    return replace(sample_card("classification").architecture, encoder="resnet18")


@pytest.fixture(scope="module")
def picture() -> Tensor:
    return torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("looks", [2, 4])
def test_the_logits_are_the_mean_of_the_looks(network: StagedClassifier, picture: Tensor, looks: int) -> None:
    each = torch.cat([network(picture.flip(axes)) for axes in FLIPS[looks]])
    assert each.std(dim=0).max() > 1e-4, "the looks differ"
    torch.testing.assert_close(with_looks(network, looks)(picture), each.mean(dim=0, keepdim=True))


@pytest.mark.parametrize("looks", [2, 4])
def test_the_map_of_a_picture_upside_down_is_the_map_upside_down(
    network: StagedClassifier, picture: Tensor, looks: int
) -> None:
    several = with_looks(network, looks)
    for stage in network.stage_names:
        for axes in FLIPS[looks]:
            one, other = grad_cam(several, picture, stage).maps, grad_cam(several, picture.flip(axes), stage).maps
            back = np.flip(other, [axis - 1 for axis in axes])
            np.testing.assert_allclose(back, one, rtol=1e-3, atol=1e-4 * np.abs(one).max())
    once = grad_cam(network, picture, "stage2").maps, grad_cam(network, picture.flip((2, 3)), "stage2").maps
    assert np.abs(once[0] - np.flip(once[1], (1, 2))).max() > 0.01 * np.abs(once[0]).max()


def test_the_map_of_the_last_stage_adds_up_to_the_logit(network: StagedClassifier, picture: Tensor) -> None:
    found = grad_cam(with_looks(network, 2), picture, "stage4")
    added = found.maps.sum(axis=(1, 2))
    np.testing.assert_allclose(added, found.logits - network.head.bias.numpy(), rtol=1e-4, atol=1e-5)


def test_the_looks_lie_beside_each_other_until_the_last_stage(network: StagedClassifier, picture: Tensor) -> None:
    both = with_looks(network, 2)
    left = both.each(picture)
    for stage, activation in network.each(picture).items():
        torch.testing.assert_close(left[stage], both.below(picture, stage))
        if stage != "stage4":
            turned = network.below(picture.flip((2, 3)), stage).flip((2, 3))
            torch.testing.assert_close(left[stage], torch.cat([activation, turned], dim=1))
        torch.testing.assert_close(both.above(left[stage], stage).logits, both(picture))
    assert left["stage4"].shape == network.below(picture, "stage4").shape


def test_one_look_again_is_the_network_as_it_was(network: StagedClassifier, picture: Tensor) -> None:
    once = with_looks(with_looks(network, 4), 1)
    assert not isinstance(once, Looking)
    torch.testing.assert_close(once(picture), network(picture), rtol=0, atol=0)


def test_logits_of_another_head_would_not_be_the_mean() -> None:
    other = StagedClassifier({"only": torch.nn.Identity()}, DenseHead(3, 4, 2, dropout=0.0))
    with pytest.raises(WeightsRejected, match="pooled linear head"):
        with_looks(other, 2)


@pytest.mark.usefixtures("own_weights")
def test_a_card_says_how_often_its_network_looks(picture: Tensor) -> None:
    save_tiny("classification", name="one")
    save_tiny("classification", name="two", looks=2)
    one, two = load("one"), load("two")
    assert one.card.sha256 == two.card.sha256, "the weights are the same"
    assert isinstance(two.network, Looking)
    torch.testing.assert_close(two.network(picture), with_looks(one.network, 2)(picture))
    assert registry.save(two) == two.card


@pytest.mark.usefixtures("own_weights")
def test_a_pupil_gets_hints_from_one_look(network: StagedClassifier) -> None:
    save_tiny("classification", looks=2)
    pictures = torch.randint(0, 255, (2, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    hints = Hints(network, load("resnet50"), apart=True)
    shown = hints.shown(pictures)
    assert {name: each.shape for name, each in shown.items()} == {
        name: each.shape for name, each in network.each(pictures.float()).items()
    }


@pytest.mark.usefixtures("own_weights")
def test_what_is_fitted_again_is_what_evaluate_finds(lesions: Path) -> None:
    card = sample_card("classification")
    two = {"labels": ("nv", "vasc"), "titles": ("Nevus", "Vascular lesion")}
    counts = replace(card.data[0], counts={"train": 16, "val": 8})
    before = save_tiny("classification", **two, data=(counts,))
    after = refit("resnet50", lesions)
    assert after == load("resnet50").card
    assert after.looks in (1, 2)
    assert "Looks at a picture" in after.choices[1]
    assert after.choices[0] == before.choices[0]
    assert (after.recipe, after.history, after.limits) == (before.recipe, before.history, before.limits)
    assert (after.sweep, after.methods, after.parity, after.speed) == (None, {}, {}, None)
    again = evaluate("classification", lesions, "val", "resnet50")
    assert again.balanced_accuracy == pytest.approx(after.val.balanced_accuracy, abs=2e-5)
    body = {name: tensor for name, tensor in load("resnet50").network.state_dict().items() if "head" not in name}
    assert body.keys() == {n for n in networks.build(before.architecture, 2).state_dict() if "head" not in n}


@pytest.mark.usefixtures("own_weights")
def test_an_ensemble_is_made_anew_of_its_members(lesions: Path) -> None:
    two = {"labels": ("nv", "vasc"), "titles": ("Nevus", "Vascular lesion")}
    for seed, name in enumerate(("one", "other")):
        save_tiny("classification", seed, name=name, looks=2, **two)
    card = combine(("one", "other"), lesions, "both")
    assert isinstance(load("both"), LoadedModel)
    with pytest.raises(WeightsRejected, match="combine its members anew"):
        refit(card.name, lesions)
