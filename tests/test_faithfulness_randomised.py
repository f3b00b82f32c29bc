"""What is left of a map when the network forgets: networks of all kinds, and mappers that do not look at them."""

from __future__ import annotations

import copy
import math
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from skinvision.card import Architecture
from skinvision.explain import grad_cam
from skinvision.faithfulness import Similarity, levels, randomise, similarity
from skinvision.geometry import resize
from skinvision.models import networks
from skinvision.models.ensemble import Member, ensemble
from skinvision.models.staged import PooledLinear, StagedClassifier

PICTURE = torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def network() -> StagedClassifier:
    """Two stages, ``first`` and ``last``."""
    return _tiny(seed=0)


def _cam(network: StagedClassifier, picture: Tensor, target: int = 0) -> np.ndarray:
    """Grad-CAM of one class at the last stage, over the picture."""
    return resize(grad_cam(network, picture, network.stage_names[-1]).maps[target], *picture.shape[2:])


def _edges(network: StagedClassifier, picture: Tensor) -> np.ndarray:  # noqa: ARG001
    return np.abs(np.gradient(picture[0].mean(dim=0).numpy(), axis=0))


def test_a_map_of_the_network_changes(network: StagedClassifier) -> None:
    found = randomise(_cam, network, PICTURE)
    assert tuple(found) == levels(network) == ("head", "last", "first")
    assert np.mean([each.rank_correlation for each in found.values()]) < 0.5
    assert max(each.ssim for each in found.values()) < 0.9


def test_an_edge_detector_does_not(network: StagedClassifier) -> None:
    for found in randomise(_edges, network, PICTURE).values():
        assert found == Similarity(pytest.approx(1), pytest.approx(1))


def test_to_forget_is_to_shuffle_from_the_head_down(network: StagedClassifier) -> None:
    """Every tensor keeps its values; those of a level and of the levels before it lose their places."""
    seen: list[dict[str, Tensor]] = []

    def mapper(copied: StagedClassifier, picture: Tensor) -> np.ndarray:
        seen.append({name: weights.clone() for name, weights in copied.named_parameters()})
        return _edges(copied, picture)

    randomise(mapper, network, PICTURE)
    moved = [
        {
            name.rsplit(".", 2)[0].removeprefix("stages.")
            for name in state
            if not torch.equal(state[name], seen[0][name])
        }
        for state in seen
    ]
    for state in seen:
        for name, weights in state.items():
            assert torch.equal(weights.flatten().sort().values, seen[0][name].flatten().sort().values)
    assert moved == [set(), {"head"}, {"head", "last"}, {"head", "last", "first"}]


def test_running_statistics_are_those_of_the_picture_and_its_mirror_image(network: StagedClassifier) -> None:
    copies: list[StagedClassifier] = []

    def mapper(copied: StagedClassifier, picture: Tensor) -> np.ndarray:
        copies.append(copied)
        return _edges(copied, picture)

    randomise(mapper, network, PICTURE)
    convolution, norm, _ = copies[-1].stages["first"]
    with torch.no_grad():
        values = convolution(torch.cat([PICTURE, PICTURE.flip(3)]))
    torch.testing.assert_close(norm.running_mean, values.mean(dim=(0, 2, 3)))
    torch.testing.assert_close(norm.running_var, values.var(dim=(0, 2, 3)))
    assert not any(module.training for module in copies[-1].modules())


def test_the_network_and_the_random_state_are_left_as_they_were(network: StagedClassifier) -> None:
    before, state = copy.deepcopy(network.state_dict()), torch.get_rng_state()
    first = randomise(_cam, network, PICTURE, seed=3)
    torch.testing.assert_close(network.state_dict(), before, rtol=0, atol=0)
    assert torch.equal(torch.get_rng_state(), state)
    assert not network.training
    assert randomise(_cam, network, PICTURE, seed=3) == first
    assert randomise(_cam, network, PICTURE, seed=4) != first


def test_it_runs_in_portions_that_can_be_stopped(network: StagedClassifier) -> None:
    maps = []

    def mapper(copied: StagedClassifier, picture: Tensor) -> np.ndarray:
        maps.append(copied)
        return _edges(copied, picture)

    def run(portion):  # type: ignore[no-untyped-def]
        if len(maps) == 2:
            raise KeyboardInterrupt
        return portion()

    with pytest.raises(KeyboardInterrupt):
        randomise(mapper, network, PICTURE, run=run)
    assert len(maps) == 2


@pytest.mark.parametrize(
    ("builder", "encoder"),
    [("resnet", "resnet18"), ("mobilenet", "mobilenet_v2"), ("efficientnet", "efficientnet_b0"), ("rest", "rest_lite")],
)
def test_networks_of_all_kinds_can_forget(builder: str, encoder: str) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = networks.build(Architecture(builder, "", encoder), 3)
        assert isinstance(network, StagedClassifier)
        nn.init.normal_(network.head.linear.weight)
    network.eval().requires_grad_(False)
    hottest = max(range(3), key=lambda target: _cam(network, PICTURE, target).max())
    found = randomise(partial(_cam, target=hottest), network, PICTURE)
    assert tuple(found) == ("head", "stage4", "stage3", "stage2", "stage1", "stem")
    assert all(math.isfinite(each.ssim) and math.isfinite(each.rank_correlation) for each in found.values())
    assert min(each.rank_correlation for each in found.values()) < 0.9


def test_members_of_an_ensemble_forget_too() -> None:
    members = [Member(_tiny(seed), (0.5,) * 3, (0.25,) * 3, 1.0) for seed in range(2)]
    before = [copy.deepcopy(member.network.state_dict()) for member in members]
    found = randomise(_cam, ensemble(members, 2).eval().requires_grad_(False), PICTURE)
    assert tuple(found) == ("head", "last", "first")
    assert all(each.rank_correlation < 0.9 for each in found.values())
    torch.testing.assert_close([member.network.state_dict() for member in members], before, rtol=0, atol=0)


def test_similarity_worked_out_on_paper() -> None:
    """Ranks turned round correlate with −1, also below zero; structure is told by positive parts alone."""
    rising = np.arange(1, 65, dtype=np.float32).reshape(8, 8)
    assert similarity(rising, 100 * rising) == Similarity(pytest.approx(1), pytest.approx(1))
    assert similarity(rising, 65 - rising).rank_correlation == pytest.approx(-1)
    assert similarity(rising - 30, np.maximum(rising - 30, 0)).ssim == pytest.approx(1)
    assert similarity(rising - 30, rising - 64).rank_correlation == pytest.approx(1)
    assert similarity(rising, -rising).rank_correlation == pytest.approx(-1)
    assert similarity(rising, np.zeros((8, 8))).rank_correlation == 0
    assert similarity(np.ones((8, 8)), np.ones((8, 8))) == Similarity(1, 1)
    nothing = similarity(-rising, rising)
    assert math.isnan(nothing.ssim)
    assert math.isnan(nothing.rank_correlation)


def _tiny(seed: int) -> StagedClassifier:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        first = nn.Sequential(nn.Conv2d(3, 6, 3, 2, 1), nn.BatchNorm2d(6), nn.ReLU())
        last = nn.Sequential(nn.Conv2d(6, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU())
        network = StagedClassifier({"first": first, "last": last}, PooledLinear(8, 2))
        nn.init.normal_(network.head.linear.weight)
    return network.eval().requires_grad_(False)
