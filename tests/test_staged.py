from __future__ import annotations

import pytest
import torch
from torch import nn

from skinvision.errors import UnknownName
from skinvision.models.staged import DenseHead, PooledLinear, StagedClassifier

STAGES = ("first", "second", "third")


@pytest.fixture
def network() -> StagedClassifier:
    stages = {name: nn.Sequential(nn.Conv2d(3, 3, 3, stride=2, padding=1), nn.ReLU()) for name in STAGES}
    return StagedClassifier(stages, PooledLinear(3, 4)).eval()


@pytest.mark.parametrize("stage", STAGES)
def test_below_and_above_any_stage_make_the_whole(network: StagedClassifier, stage: str) -> None:
    picture = torch.rand(2, 3, 32, 48)
    with torch.inference_mode():
        activation = network.below(picture, stage)
        torch.testing.assert_close(network.above(activation, stage).logits, network(picture))
    scale = 2 ** (STAGES.index(stage) + 1)
    assert activation.shape == (2, 3, 32 // scale, 48 // scale)


def test_each_stage_gives_what_leaves_it(network: StagedClassifier) -> None:
    picture = torch.rand(2, 3, 32, 48)
    with torch.inference_mode():
        left = network.each(picture)
        assert tuple(left) == STAGES
        for stage in STAGES:
            torch.testing.assert_close(left[stage], network.below(picture, stage), rtol=0, atol=0)


def test_stages_keep_their_order(network: StagedClassifier) -> None:
    assert network.stage_names == STAGES


@pytest.mark.parametrize("method", ["below", "above"])
def test_an_unknown_stage_is_named(network: StagedClassifier, method: str) -> None:
    with pytest.raises(UnknownName, match="a stage among first, second, third, got 'fourth'"):
        getattr(network, method)(torch.zeros(1, 3, 8, 8), "fourth")


def test_the_head_pools_and_weighs() -> None:
    """Channels of mean 2 and 10 under weights (3, −1) and bias 5: 3·2 − 10 + 5 = 1."""
    head = PooledLinear(2, 1)
    with torch.no_grad():
        head.linear.weight.copy_(torch.tensor([[3.0, -1.0]]))
        head.linear.bias.fill_(5)
        output = head(torch.tensor([[[[1.0, 3.0]], [[10.0, 10.0]]]]))
    assert output.features.tolist() == [[2, 10]]
    assert output.logits.tolist() == [[1]]


def test_the_dense_head_sees_where_something_is() -> None:
    """Cells 1, 2, 3, 4 under hidden weights (1, 0, 0, 1) and (−1, −1, −1, −1), rectified: 5 and 0; then 2·5 + 1."""
    head = DenseHead(4, hidden=2, classes=1, dropout=0.5).eval()
    with torch.no_grad():
        head.hidden[1].weight.copy_(torch.tensor([[1.0, 0, 0, 1], [-1, -1, -1, -1]]))
        head.hidden[1].bias.zero_()
        head.linear.weight.copy_(torch.tensor([[2.0, 7.0]]))
        head.linear.bias.fill_(1)
        output = head(torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]))
    assert output.features.tolist() == [[5, 0]]
    assert output.logits.tolist() == [[11]]
