"""ROAD on a spot that neighbours cannot tell of, with torch's random state left alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from skinvision.errors import ShapeMismatch
from skinvision.faithfulness import ROAD_PORTIONS, remove_and_debias

# The package hands torch's tensors to numpy's functions.
pytestmark = pytest.mark.filterwarnings("ignore:__array_wrap__ must accept context:DeprecationWarning")

SPOT = np.zeros((32, 32), np.float32)
SPOT[4:13, 12:21] = 1  # 81 of 1024 pixels, fewer than a tenth
PICTURE = torch.from_numpy(SPOT).expand(1, 3, 32, 32)


def _brightness(pictures: Tensor) -> np.ndarray:
    """The mean over the spot, of the first channel."""
    return pictures[:, 0, SPOT > 0].mean(dim=1).numpy()


def test_a_spot_goes_with_the_most_relevant_pixels_and_stays_without_the_least() -> None:
    """What surrounds it is 0, and so is what is imputed, but for the package's noise of 0.01."""
    found = remove_and_debias(_brightness, PICTURE, SPOT)
    assert found.whole == 1
    assert found.without_most == pytest.approx((0, 0, 0), abs=0.01)
    assert found.without_least == pytest.approx((1, 1, 1))


def test_an_upside_down_map_has_it_upside_down() -> None:
    found = remove_and_debias(_brightness, PICTURE, -SPOT)
    assert found.without_most == pytest.approx((1, 1, 1))
    assert found.without_least == pytest.approx((0, 0, 0), abs=0.01)


def test_it_is_repeatable_and_leaves_the_random_state_alone() -> None:
    before = torch.get_rng_state()
    first = remove_and_debias(_brightness, PICTURE, SPOT, seed=3)
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(1)
    assert remove_and_debias(_brightness, PICTURE, 5 * SPOT, seed=3) == first
    assert remove_and_debias(_brightness, PICTURE, SPOT, seed=4) != first


def test_it_runs_in_portions() -> None:
    taken = []

    def run(portion):  # type: ignore[no-untyped-def]
        taken.append(portion)
        return portion()

    remove_and_debias(_brightness, PICTURE, SPOT, run=run)
    assert len(taken) == ROAD_PORTIONS == 7


def test_a_map_of_another_size_is_named() -> None:
    with pytest.raises(ShapeMismatch, match=r"a map \(32, 32\), got \(8, 8\)"):
        remove_and_debias(_brightness, PICTURE, SPOT[:8, :8])
