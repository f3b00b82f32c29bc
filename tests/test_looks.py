"""Several looks at one picture: the mean of them, maps that do not care which way up, and the same weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from skinvision import cli
from skinvision.card import Architecture, ModelCard
from skinvision.errors import DataRejected, WeightsRejected
from skinvision.explain import grad_cam
from skinvision.methods import METHODS
from skinvision.models import networks, registry
from skinvision.models.looks import Twice, with_looks
from skinvision.models.registry import load
from skinvision.models.staged import DenseHead, StagedClassifier
from skinvision.phantom import draw
from skinvision.pipeline import Analyser
from skinvision.training.centres import stage_offsets
from skinvision.training.combine import combine
from skinvision.training.evaluate import evaluate
from skinvision.training.hints import Hints
from skinvision.training.refit import refit
from skinvision.types import Case
from tests.samples import sample_card
from tests.tiny import save_tiny

UPSIDE_DOWN = (2, 3)
TWO = {"labels": ("nv", "vasc"), "titles": ("Nevus", "Vascular lesion")}


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


def test_the_logits_are_the_mean_of_both_looks(network: StagedClassifier, picture: Tensor) -> None:
    each = torch.cat([network(picture), network(picture.flip(UPSIDE_DOWN))])
    assert each.std(dim=0).max() > 1e-4, "the looks differ"
    torch.testing.assert_close(with_looks(network, 2)(picture), each.mean(dim=0, keepdim=True))


def test_the_map_of_a_picture_upside_down_is_the_map_upside_down(network: StagedClassifier, picture: Tensor) -> None:
    turned = picture.flip(UPSIDE_DOWN)
    for stage in network.stage_names:
        one, other = (grad_cam(with_looks(network, 2), each, stage).maps for each in (picture, turned))
        np.testing.assert_allclose(np.flip(other, (1, 2)), one, rtol=1e-3, atol=1e-4 * np.abs(one).max())
        one, other = (grad_cam(network, each, stage).maps for each in (picture, turned))
        assert np.abs(np.flip(other, (1, 2)) - one).max() > 0.01 * np.abs(one).max(), "one look tells them apart"


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
            turned = network.below(picture.flip(UPSIDE_DOWN), stage).flip(UPSIDE_DOWN)
            torch.testing.assert_close(left[stage], torch.cat([activation, turned], dim=1))
        torch.testing.assert_close(both.above(left[stage], stage).logits, both(picture))
    assert left["stage4"].shape == network.below(picture, "stage4").shape


def test_one_look_again_is_the_network_as_it_was(network: StagedClassifier, picture: Tensor) -> None:
    once = with_looks(with_looks(network, 2), 1)
    assert not isinstance(once, Twice)
    assert not any(module.training for module in once.modules())
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
    assert isinstance(two.network, Twice)
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


def test_both_looks_together_look_at_the_middle(network: StagedClassifier) -> None:
    card = replace(sample_card("classification"), input_size=(64, 64))
    assert all(offset < 0 for offset in stage_offsets(network, card).values()), "a ResNet's strides look up and left"
    twice = stage_offsets(with_looks(network, 2), replace(card, looks=2))
    assert twice == dict.fromkeys(network.stage_names, 0.0)


@pytest.mark.usefixtures("own_weights")
@pytest.mark.filterwarnings("ignore:__array_wrap__ must accept context:DeprecationWarning")  # of grad-cam
def test_everything_that_explains_works_with_two_looks(picture_case: Case) -> None:
    save_tiny("segmentation")
    save_tiny("classification", looks=2)
    analyser = Analyser.load()
    analysis = analyser.analyse(picture_case)
    assert analyser.widths() == {"stem": 128, "stage1": 128, "stage2": 256, "stage3": 512, "stage4": 512}
    for name, method in METHODS.items():
        told: list[int] = []
        analyser.attribute(analysis, name, "stage3", "mel", told.append)
        assert len(told) == method.portions(analyser.widths()["stage3"])
    made = analyser.channels(analysis, "stage3", "mel")
    grad = analyser.attribute(analysis, "grad-cam", "stage3", "mel")
    np.testing.assert_allclose(made.map_without(()), grad.activation_map, rtol=1e-3, atol=1e-6)
    found = analyser.examine(analysis, analysis.explanation("mel"))
    assert list(found.randomised) == ["head", "stage4", "stage3", "stage2", "stage1", "stem"]


@pytest.fixture
def picture_case() -> Case:
    return Case(draw(3, height=64, width=96).image, "")


@pytest.mark.usefixtures("own_weights")
def test_what_is_fitted_again_is_what_evaluate_finds(lesions: Path) -> None:
    card = sample_card("classification")
    counts = replace(card.data[0], counts={"train": 16, "val": 8})
    before = save_tiny("classification", **TWO, data=(counts,))
    weights = load("resnet50").network.state_dict()
    save_tiny("classification", name="other", **TWO)
    with pytest.raises(DataRejected, match="pictures of the split val"):
        refit("other", lesions)
    assert cli.main(["refit", "resnet50", "--data", str(lesions), "--looks", "1", "2"]) == 0
    after = load("resnet50")
    assert f"{after.card.looks}: " in after.card.choices[1].split("each): ")[1]
    assert after.card.choices[0] == before.choices[0]
    assert (after.card.recipe, after.card.history) == (before.recipe, before.history)
    assert (after.card.sweep, after.card.methods, after.card.parity, after.card.speed) == (None, {}, {}, None)
    assert refit("resnet50", lesions).choices[:2] == after.card.choices[:2]
    again = evaluate("classification", lesions, "val", "resnet50")
    assert again.balanced_accuracy == pytest.approx(after.card.val.balanced_accuracy, abs=2e-5)
    for name, tensor in after.network.state_dict().items():
        assert torch.equal(tensor, weights[name]) or name == "head.linear.bias"


@pytest.mark.usefixtures("own_weights")
def test_an_ensemble_looks_as_its_members_do(lesions: Path) -> None:
    for seed, name in enumerate(("one", "other")):
        save_tiny("classification", seed, name=name, looks=2, **TWO)
    card = combine(("one", "other"), lesions, "both")
    assert card.looks == 2
    both, picture = load("both"), torch.rand(1, 3, 64, 96)
    mean, std = (torch.tensor(values)[:, None, None] for values in (card_of("one").mean, card_of("one").std))
    each = [load(name).network((picture - mean) / std) / card_of(name).temperature for name in ("one", "other")]
    torch.testing.assert_close(both.network(picture), sum(each) / 2 + both.network.head.bias, rtol=1e-4, atol=1e-5)
    with pytest.raises(WeightsRejected, match="make it anew"):
        refit("both", lesions)


def card_of(name: str) -> ModelCard:
    return load(name).card
