"""How much maps change under small disturbances, by mappers whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from skinvision.faithfulness import STABILITY_PORTIONS, Stability, disturb

MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
PICTURE = torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))
FLAT = torch.ones(1, 3, 64, 96)


def _first_channel(picture: Tensor) -> np.ndarray:
    return picture[0, 0].numpy()


def _left_half(picture: Tensor) -> np.ndarray:
    """Ones on the left half, whatever the picture."""
    found = np.zeros(picture.shape[2:], np.float32)
    found[:, : picture.shape[3] // 2] = 1
    return found


def test_a_constant_map_is_stable() -> None:
    found = disturb(lambda picture: np.ones(picture.shape[2:], np.float32), PICTURE, MEAN, STD)
    assert found == Stability(0, 0, 0, 0)
    assert found.max_sensitivity == 0


def test_a_map_that_moves_with_the_picture_is_stable_under_moves() -> None:
    found = disturb(_first_channel, PICTURE, MEAN, STD)
    assert found.shift == found.flip == 0
    assert min(found.noise, found.jpeg) > 0


def test_a_map_that_stays_where_it_is_worked_out_on_paper() -> None:
    """Mirrored, the left half becomes the right: as much is lost as comes, √2 of the length.

    Moved by a pixel and back, one of its columns is lost or one comes: of 47 that are compared, or of 48.
    """
    found = disturb(_left_half, PICTURE, MEAN, STD)
    assert (found.noise, found.jpeg) == (0, 0)
    assert found.flip == pytest.approx(math.sqrt(2))
    assert found.shift == pytest.approx(math.sqrt(1 / 47))
    assert found.max_sensitivity == found.flip
    assert found.to_small == found.shift


def test_noise_is_two_grey_levels() -> None:
    """Of a map that is the picture, at 1 everywhere, it changes 2 / 255 over the standard deviation of the card."""
    found = disturb(_first_channel, FLAT, MEAN, STD)
    assert found.noise == pytest.approx(2 / 255 / 0.25, rel=0.05)
    assert disturb(_first_channel, FLAT, MEAN, STD, seed=1).noise != found.noise
    assert disturb(_first_channel, FLAT, MEAN, STD) == found


def test_a_flat_colour_survives_jpeg() -> None:
    """To two grey levels, with the channels in their places."""
    colour = torch.tensor([200, 100, 50]).reshape(1, 3, 1, 1) / 255
    picture = ((colour - 0.5) / 0.25).expand(1, 3, 64, 96)
    seen: list[Tensor] = []

    def mapper(given: Tensor) -> np.ndarray:
        seen.append(given)
        return _first_channel(given)

    disturb(mapper, picture, MEAN, STD)
    assert len(seen) == STABILITY_PORTIONS == 13
    for jpeg in seen[-2:]:
        assert abs(jpeg - picture).max() * 0.25 * 255 < 2


def test_the_scale_does_not_matter() -> None:
    found = disturb(_first_channel, PICTURE, MEAN, STD)
    hundredfold = disturb(lambda picture: 100 * _first_channel(picture), PICTURE, MEAN, STD)
    for kind in Stability.__slots__:
        assert getattr(hundredfold, kind) == pytest.approx(getattr(found, kind), rel=1e-5)


def test_a_map_without_evidence_has_no_stability() -> None:
    found = disturb(lambda picture: -np.ones(picture.shape[2:], np.float32), PICTURE, MEAN, STD)
    assert math.isnan(found.max_sensitivity)
    assert math.isnan(found.to_small)


def test_the_work_can_be_stopped_between_portions() -> None:
    taken = []

    def run(portion):  # type: ignore[no-untyped-def]
        taken.append(portion)
        if len(taken) > 5:
            raise KeyboardInterrupt
        return portion()

    with pytest.raises(KeyboardInterrupt):
        disturb(_first_channel, PICTURE, MEAN, STD, run=run)
    assert len(taken) == 6
