"""Where a stage looks is found for networks of which it can be reckoned."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from skinvision.models.staged import PooledLinear, StagedClassifier
from skinvision.training.centres import stage_offsets
from tests.samples import sample_card

CARD = replace(sample_card("classification"), input_size=(64, 96))


def mean_over_three(padding: nn.Module) -> nn.Module:
    """Each output is the mean of 3 × 3 pixels, two pixels further on than the one before."""
    convolution = nn.Conv2d(3, 3, 3, stride=2, groups=3, bias=False)
    nn.init.constant_(convolution.weight, 1 / 9)
    return nn.Sequential(padding, convolution)


def both_sides() -> nn.Module:
    return mean_over_three(nn.ZeroPad2d(1))


def right_and_below() -> nn.Module:
    return mean_over_three(nn.ZeroPad2d((0, 1, 0, 1)))


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        ({"even": nn.AvgPool2d(4)}, {"even": 0.0}),
        # Output i sees the pixels 2i - 1 to 2i + 1 and stands for 2i and 2i + 1: half a pixel, a quarter of a cell.
        ({"once": both_sides()}, {"once": -0.25}),
        ({"once": right_and_below()}, {"once": 0.25}),
        ({"once": both_sides(), "twice": both_sides()}, {"once": -0.25, "twice": -(0.5 + 1) / 4}),
        ({"there": both_sides(), "and_back": right_and_below()}, {"there": -0.25, "and_back": (1 - 0.5) / 4}),
    ],
)
def test_a_stage_looks_where_its_convolutions_do(stages: dict[str, nn.Module], expected: dict[str, float]) -> None:
    network = StagedClassifier(stages, PooledLinear(3, 7)).eval().requires_grad_(False)
    assert stage_offsets(network, CARD) == pytest.approx(expected, abs=0.005)


def test_far_tails_count_little_and_dead_cells_not_at_all() -> None:
    class Twice(nn.Module):
        """Each cell sees its own square, and a little of one eleven cells further on."""

        def forward(self, x: Tensor) -> Tensor:
            return nn.functional.avg_pool2d(x + 0.2 * x.roll((-44, -44), dims=(2, 3)), 4)

    network = StagedClassifier({"all": Twice()}, PooledLinear(3, 7)).eval()
    assert stage_offsets(network, CARD)["all"] == pytest.approx(0.02, abs=0.01)  # the mean lies 0.42 beside
    dead = StagedClassifier({"dead": nn.Sequential(nn.AvgPool2d(4), nn.Threshold(1e9, 0.0))}, PooledLinear(3, 7)).eval()
    assert stage_offsets(dead, CARD) == {"dead": 0.0}


def test_no_more_than_half_a_cell_is_told() -> None:
    class Aside(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return nn.functional.avg_pool2d(x.roll((3, 3), dims=(2, 3)), 4)

    network = StagedClassifier({"aside": Aside()}, PooledLinear(3, 7)).eval()
    assert stage_offsets(network, CARD) == {"aside": -0.5}


def test_the_same_network_looks_at_the_same_place_twice_and_gathers_no_gradients() -> None:
    torch.manual_seed(0)
    network = StagedClassifier({"any": nn.Conv2d(3, 4, 5, stride=4)}, PooledLinear(4, 7)).eval()
    assert stage_offsets(network, CARD) == stage_offsets(network, CARD)
    assert all(parameter.grad is None for parameter in network.parameters())
