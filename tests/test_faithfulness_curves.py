"""Deletion and insertion: a linear score on paper, the order of pixels, the budget, and stopping half way."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from skinvision.errors import ShapeMismatch
from skinvision.faithfulness import (
    Compared,
    Curves,
    References,
    Removal,
    blurred,
    compare,
    curves_portions,
    probability_of,
)
from skinvision.faithfulness.curves import BATCH, DRAWS, curves
from skinvision.faithfulness.maps import centre_blob, random_order, ranking
from skinvision.models.inputs import mean_colour
from skinvision.models.staged import PooledLinear, StagedClassifier
from tests.trials import level_curves

SIDE = 128
TOP_HALF = np.zeros((SIDE, SIDE), np.float32)
TOP_HALF[: SIDE // 2] = 1


class Counted:
    """The mean of a picture as its score, and how many pictures were asked about."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def __call__(self, pictures: Tensor) -> np.ndarray:
        self.batches.append(len(pictures))
        return pictures.mean(dim=(1, 2, 3)).numpy()


class Turns:
    """Runs portions, so many at most."""

    def __init__(self, most: int = 1000) -> None:
        self.left = most
        self.taken = 0

    def __call__(self, portion: Callable):  # type: ignore[no-untyped-def, type-arg]
        if self.taken == self.left:
            raise KeyboardInterrupt
        self.taken += 1
        return portion()


@pytest.fixture
def removal() -> Removal:
    """1 on the top half of the picture and 0 below, before black."""
    picture = torch.from_numpy(TOP_HALF).expand(1, 3, SIDE, SIDE)
    return Removal(picture, torch.zeros_like(picture), torch.zeros_like(picture))


def test_a_linear_score_worked_out_on_paper(removal: Removal) -> None:
    """Deletion falls from 1/2 to 0 over the first half and stays there: 1/2 · 1/2 · 1/2. Insertion is the rest of 1/2.

    Backwards the first half of the pixels changes nothing.
    """
    found = curves(Counted(), removal, ranking(TOP_HALF))
    expected = np.maximum(0.5 - found.deletion.fractions, 0)
    np.testing.assert_allclose(found.deletion.fractions, np.arange(33) / 32)
    np.testing.assert_allclose(found.deletion.scores, expected, atol=1e-6)
    np.testing.assert_allclose(found.insertion.scores, 0.5 - expected, atol=1e-6)
    assert (found.deletion.auc, found.insertion.auc) == (pytest.approx(1 / 8), pytest.approx(3 / 8))
    backwards = curves(Counted(), removal, ranking(-TOP_HALF))
    assert (backwards.deletion.auc, backwards.insertion.auc) == (pytest.approx(3 / 8), pytest.approx(1 / 8))


def test_a_perfect_map_beats_chance_and_the_blob(removal: Removal) -> None:
    found = compare(Counted(), removal, TOP_HALF)
    for reference in (*found.references.random, found.references.centre):
        assert found.own.beat(reference) == (True, True)
        assert reference.beat(found.own) == (False, False)


def test_the_gain_is_the_mean_of_less_deletion_and_more_insertion() -> None:
    draws = (level_curves(0.4, 0.7), level_curves(0.6, 0.5))
    assert Compared(level_curves(0.3, 0.7), References(draws, level_curves(0, 1))).gain == pytest.approx(0.15)
    assert Compared(level_curves(0.7, 0.6), References(draws, level_curves(0, 1))).gain == pytest.approx(-0.1)


def test_a_constant_map_ranks_as_chance_does(removal: Removal) -> None:
    found = compare(Counted(), removal, np.ones((SIDE, SIDE)))
    first = found.references.random[0]
    assert found.own.deletion.scores.tolist() == first.deletion.scores.tolist()
    assert found.own.beat(first) == (False, False)


def test_chance_is_the_mean_of_several_orders(removal: Removal) -> None:
    references = compare(Counted(), removal, TOP_HALF).references
    assert len(references.random) == DRAWS
    areas = [each.deletion.auc for each in references.random]
    assert len(set(areas)) > 1
    assert references.chance.deletion.auc == pytest.approx(np.mean(areas))


def test_a_map_costs_65_pictures_and_each_reference_62(removal: Removal) -> None:
    score, run = Counted(), Turns()
    curves(score, removal, ranking(TOP_HALF))
    assert sum(score.batches) == 1 + 2 + 31 + 31
    score = Counted()
    found = compare(score, removal, TOP_HALF, run=run)
    assert sum(score.batches) == 65 + 62 * DRAWS + 62
    assert max(score.batches) == BATCH
    assert len(score.batches) == run.taken == curves_portions()
    score, run = Counted(), Turns()
    again = compare(score, removal, TOP_HALF, found.references, run)
    assert again.references is found.references
    assert again.own.deletion.scores.tolist() == found.own.deletion.scores.tolist()
    assert sum(score.batches) == 62
    assert len(score.batches) == run.taken == curves_portions(with_references=False)


def test_the_work_can_be_stopped_between_portions(removal: Removal) -> None:
    score = Counted()
    with pytest.raises(KeyboardInterrupt):
        compare(score, removal, TOP_HALF, run=Turns(3))
    assert score.batches == [3, 8, 8]


@pytest.mark.parametrize("factor", [1e-6, 7, 1e6])
def test_the_scale_does_not_matter(factor: float) -> None:
    saliency = np.random.default_rng(0).normal(size=(40, 50))
    assert ranking(factor * saliency).tolist() == ranking(saliency).tolist()


def test_pixels_in_order() -> None:
    """The 5 first, −1 last; the ties in the one block there is come row by row."""
    assert ranking(np.array([[0, 5, 0], [2, -1, 0]])).tolist() == [1, 3, 0, 2, 5, 4]


def test_a_random_order_takes_block_after_block() -> None:
    order = random_order(64, 70, seed=0).tolist()
    assert sorted(order) == list(range(64 * 70))
    rows, columns = np.divmod(order, 70)
    blocks = list(dict.fromkeys(zip((rows // 32).tolist(), (columns // 32).tolist(), strict=True)))
    assert sorted(blocks) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    assert blocks != sorted(blocks)
    assert (np.diff([blocks.index(block) for block in zip(rows // 32, columns // 32, strict=True)]) >= 0).all()
    assert random_order(64, 70, seed=1).tolist() != order


def test_the_blob_is_round_and_in_the_middle() -> None:
    blob = centre_blob(64, 96)
    assert blob.max() == blob[31:33, 47:49].min() == pytest.approx(1, abs=0.01)
    np.testing.assert_array_equal(blob, blob[::-1, ::-1])
    assert blob[32, 0] == pytest.approx(np.exp(-2), rel=0.05)  # two standard deviations, of a quarter each


def test_baselines_keep_the_mean_colour() -> None:
    picture = torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    flat, soft = mean_colour(picture), blurred(picture)
    assert flat.shape == soft.shape == picture.shape
    torch.testing.assert_close(flat[0, :, 3, 5], picture.mean(dim=(0, 2, 3)))
    torch.testing.assert_close(soft.mean(dim=(2, 3)), picture.mean(dim=(2, 3)), atol=0.01, rtol=0)
    assert soft.std() < picture.std() / 10
    torch.testing.assert_close(blurred(flat), flat)


def test_baselines_of_another_picture_are_named() -> None:
    picture = torch.zeros(1, 3, 8, 8)
    with pytest.raises(ShapeMismatch, match="two baselines like it"):
        Removal(picture, picture, torch.zeros(1, 3, 8, 9))
    with pytest.raises(ShapeMismatch, match="a picture"):
        Removal.of(torch.zeros(2, 3, 8, 8))
    with pytest.raises(ShapeMismatch, match=r"a map \(8, 8\), got \(7, 7\)"):
        compare(Counted(), Removal.of(picture), np.ones((7, 7)))


def test_the_score_is_the_calibrated_probability() -> None:
    """Means 1 and 3 of two channels as logits; at temperature 2 the second has 1 / (1 + exp(−1))."""
    network = _linear()
    before = copy.deepcopy(network.state_dict())
    picture = torch.tensor([1.0, 3.0, 0.0]).reshape(1, 3, 1, 1).expand(2, 3, 4, 4)
    score = probability_of(network, 1, temperature=2)(picture)
    np.testing.assert_allclose(score, [1 / (1 + np.exp(-1))] * 2, rtol=1e-6)
    torch.testing.assert_close(network.state_dict(), before, rtol=0, atol=0)
    assert not torch.is_inference_mode_enabled()


def test_curves_of_a_network_start_and_end_where_it_says() -> None:
    score = probability_of(_linear(), 1, temperature=1)
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    removal = Removal.of(picture)
    found: Curves = compare(score, removal, picture[0, 1].numpy()).own
    assert found.deletion.scores[0] == found.insertion.scores[-1] == score(picture)[0]
    assert found.deletion.scores[-1] == score(removal.deleted)[0]
    assert found.insertion.scores[0] == score(removal.hidden)[0]


def _linear() -> StagedClassifier:
    """The means of the first two channels as logits."""
    network = StagedClassifier({"only": nn.Identity()}, PooledLinear(3, 2)).eval().requires_grad_(False)
    network.head.linear.weight.copy_(torch.eye(2, 3))
    network.head.linear.bias.zero_()
    return network
