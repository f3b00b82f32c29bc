"""Several classifiers as one: what it says, its maps, its files, and how it is made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from skinvision import catalogue
from skinvision.card import Member as CardMember
from skinvision.errors import WeightsRejected
from skinvision.explain import grad_cam
from skinvision.models import networks, registry
from skinvision.models.ensemble import Member, ensemble
from skinvision.models.registry import LoadedModel, ensemble_of, load
from skinvision.models.staged import PooledLinear, StagedClassifier
from skinvision.training.combine import combine
from tests.tiny import save_tiny

GREY, UNIT = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)


@pytest.fixture
def member(own_weights: Path) -> LoadedModel:  # noqa: ARG001
    save_tiny("classification")
    return load("resnet50")


def test_the_mean_worked_out_on_paper() -> None:
    """Means of the channels 0.75 and 0.25. One member norms by 0.5 and 0.25: (1, −1); the other does not.

    Under weights (1, 0) and biases 1 and 2 they say 2 and 2.75; at temperatures 0.5 and 1 the mean is (4 + 2.75) / 2.
    """
    one, other = _linear(bias=1.0), _linear(bias=2.0)
    both = ensemble([Member(one, GREY, UNIT, 0.5), Member(other, (0.0,) * 3, (1.0,) * 3, 1.0)], classes=1)
    picture = torch.tensor([0.75, 0.25, 0.5]).reshape(1, 3, 1, 1).expand(1, 3, 4, 4)
    with torch.no_grad():
        output = both.output(picture)
        assert output.logits.tolist() == [[pytest.approx((4 + 2.75) / 2)]]
        both.head.bias.fill_(10)
        assert both(picture).tolist() == [[pytest.approx((4 + 2.75) / 2 + 10)]]
    lengths = output.features.reshape(2, 3).square().mean(dim=1)
    assert lengths.tolist() == [pytest.approx(1), pytest.approx(1)]
    assert [name for name, _ in both.named_parameters()] == ["head.bias"]


def test_its_map_is_the_mean_of_the_members_maps(member: LoadedModel) -> None:
    softer = replace(member.card.calibration, temperature=3.0)
    members = [member, load(save_tiny("classification", 1, name="other", std=UNIT, calibration=softer).name)]
    both = ensemble_of(members).requires_grad_(False)
    picture = torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    for stage in ("stem", "stage2", "stage4"):
        alone = [_alone(each, picture, stage) for each in members]
        together = grad_cam(both, picture, stage)
        maps, logits = (np.mean(of, axis=0) for of in zip(*alone, strict=True))
        np.testing.assert_allclose(together.maps, maps, rtol=1e-3, atol=1e-5 * abs(maps).max())
        np.testing.assert_allclose(together.logits, logits, rtol=1e-4, atol=1e-5)


def _alone(member: LoadedModel, picture: torch.Tensor, stage: str) -> tuple[np.ndarray, np.ndarray]:
    """Maps and logits of one member, divided by its temperature."""
    mean, std = (torch.tensor(values)[:, None, None] for values in (member.card.mean, member.card.std))
    assert isinstance(member.network, StagedClassifier)
    found = grad_cam(member.network, (picture - mean) / std, stage)
    return found.maps / member.card.calibration.temperature, found.logits / member.card.calibration.temperature


def test_stages_at_which_the_grids_differ_are_left_out() -> None:
    fine = StagedClassifier({"stem": nn.Identity(), "last": nn.AvgPool2d(4)}, PooledLinear(3, 1))
    coarse = StagedClassifier({"stem": nn.AvgPool2d(2), "last": nn.AvgPool2d(2)}, PooledLinear(3, 1))
    members = [Member(network.eval(), GREY, UNIT, 1.0) for network in (fine, coarse)]
    both = ensemble(members, classes=1)
    assert both.stage_names == ("last",)
    picture = torch.rand(2, 3, 8, 8)
    with torch.no_grad():
        normed = (picture - 0.5) / 0.25
        torch.testing.assert_close(both(picture), (fine(normed) + coarse(normed)) / 2)
    other = StagedClassifier({"block": nn.Identity()}, PooledLinear(3, 1)).eval()
    with pytest.raises(WeightsRejected, match="members that end in one grid"):
        ensemble([members[0], Member(other, GREY, UNIT, 1.0)], classes=1)


def test_an_ensemble_is_read_back_with_its_members(member: LoadedModel, own_weights: Path) -> None:
    card = replace(
        member.card,
        name="both",
        mean=(0.0, 0.0, 0.0),
        std=(1.0, 1.0, 1.0),
        members=(CardMember("resnet50", member.card.sha256), CardMember("resnet50", member.card.sha256)),
    )
    both = LoadedModel(card, ensemble_of([member, member]), member.statistics)
    registry.save(both)
    assert (own_weights / "both.safetensors").stat().st_size < (
        own_weights / "resnet50.safetensors"
    ).stat().st_size / 10
    sizes = [(own_weights / f"{name}.safetensors").stat().st_size for name in ("both", "resnet50")]
    assert catalogue.weights_bytes(catalogue.read_card("both")) == sum(sizes)
    again = load("both")
    picture = torch.rand(1, 3, 64, 96)
    with torch.no_grad():
        torch.testing.assert_close(again.network(picture), both.network(picture))
    registry.save(replace(again, card=replace(card, members=(CardMember("resnet50", "0" * 64), card.members[1]))))
    with pytest.raises(WeightsRejected, match="combine them anew"):
        load("both")


def test_members_that_do_not_fit_are_rejected(member: LoadedModel) -> None:
    other = replace(member, card=replace(member.card, labels=member.card.labels[::-1]))
    with pytest.raises(WeightsRejected, match="resnet50 among them"):
        ensemble_of([member, other])
    with pytest.raises(WeightsRejected, match="resnet50 among them"):
        ensemble_of([member, replace(member, card=replace(member.card, calibration=None))])


def test_combining_writes_a_model_with_figures_of_its_own(lesions: Path, member: LoadedModel) -> None:
    two = replace(member.card, labels=("nv", "vasc"), titles=("Nevus", "Vascular lesion"))
    for seed, name in enumerate(("one", "other")):
        torch.manual_seed(seed)
        network = networks.build(two.architecture, 2)
        registry.save(LoadedModel(replace(two, name=name), network, None))
    with pytest.raises(WeightsRejected, match="two members or more"):
        combine(("one",), lesions, "both")
    card = combine(("one", "other"), lesions, "both")
    assert [made_of.name for made_of in card.members] == ["one", "other"]
    assert card.val is not None
    assert card.val.n == 8
    assert card.parameters == 2 * two.parameters
    assert "one (SHA-256" in card.recipe
    assert load("both").card == card
    registry.save(replace(load("other"), card=replace(two, name="other", input_size=(96, 96))))
    with pytest.raises(WeightsRejected, match="see the same of a picture"):
        combine(("one", "other"), lesions, "both")


def _linear(bias: float) -> StagedClassifier:
    head = PooledLinear(3, 1)
    with torch.no_grad():
        head.linear.weight.copy_(torch.tensor([[1.0, 0.0, 0.0]]))
        head.linear.bias.fill_(bias)
    return StagedClassifier({"only": nn.Identity()}, head).eval().requires_grad_(False)
