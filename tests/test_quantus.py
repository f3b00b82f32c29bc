"""Quantus as a second opinion, where it has the same measure.

Two of its measures are others under the same names: its ROAD counts how many answers stay right over many pictures,
ours what is left of one probability; its MPRT draws new weights, ours shuffles those that are there.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from skinvision.faithfulness import Removal, disturb, lesion_share, pointing_hit, similarity
from skinvision.faithfulness.curves import STEPS, curves
from skinvision.faithfulness.maps import ranking

quantus = pytest.importorskip("quantus")

SIDE = 64
SALIENCY = np.random.default_rng(0).random((SIDE, SIDE)).astype(np.float32)
LESION = np.zeros((SIDE, SIDE), bool)
LESION[10:40, 20:50] = True
PICTURE = torch.rand(1, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
QUIET = {"disable_warnings": True, "normalise": False, "abs": False}


@pytest.fixture(scope="module")
def network() -> nn.Module:
    """Two classes of a small network that is not linear."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layers = (nn.Conv2d(1, 4, 5, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(64, 2))
        return nn.Sequential(*layers, nn.Softmax(dim=1)).eval().requires_grad_(False)


@pytest.mark.parametrize("saliency", [SALIENCY, SALIENCY[::-1] ** 8, LESION + 0.1 * SALIENCY])
def test_mass_inside_the_lesion(network: nn.Module, saliency: np.ndarray) -> None:
    (theirs,) = quantus.RelevanceMassAccuracy(**QUIET)(network, **_given(saliency))
    assert lesion_share(saliency, LESION) == pytest.approx(theirs, abs=1e-3)


@pytest.mark.parametrize("saliency", [SALIENCY, LESION + 0.1 * SALIENCY, ~LESION + 0.1 * SALIENCY])
def test_pointing_game(network: nn.Module, saliency: np.ndarray) -> None:
    (theirs,) = quantus.PointingGame(**QUIET)(network, **_given(saliency))
    assert pointing_hit(saliency, LESION) == bool(theirs)


def test_deletion_is_pixel_flipping(network: nn.Module) -> None:
    """Theirs begins after the first pixels have gone, and counts channels as pixels; so the picture has one."""
    metric = quantus.PixelFlipping(features_in_step=SIDE**2 // STEPS, perturb_baseline=0.0, **QUIET)
    black = torch.zeros_like(PICTURE)
    ours = curves(lambda pictures: network(pictures)[:, 1].numpy(), Removal(PICTURE, black, black), ranking(SALIENCY))
    (theirs,) = metric(network, **_given(SALIENCY))
    np.testing.assert_allclose(ours.deletion.scores[1:], theirs, atol=1e-3)
    area = np.trapezoid([ours.deletion.scores[0], *theirs], ours.deletion.fractions)
    assert ours.deletion.auc == pytest.approx(area, abs=1e-3)
    assert np.ptp(theirs) > 0.01


def test_sensitivity_to_noise(network: nn.Module) -> None:
    """Quantus is given the very pictures that ours made."""
    colours = PICTURE.expand(1, 3, SIDE, SIDE)
    seen: list[Tensor] = []

    def mapper(picture: Tensor) -> np.ndarray:
        seen.append(picture)
        return _map(picture)

    ours = disturb(mapper, colours, (0.5,) * 3, (0.25,) * 3).noise
    noisy = iter(seen[1:5])
    metric = quantus.MaxSensitivity(
        nr_samples=4, perturb_func=lambda arr, **_: next(noisy).numpy().reshape(arr.shape), **QUIET
    )
    explain = {"explain_func": lambda inputs, **_: _map(torch.as_tensor(inputs))[None, None]}
    (theirs,) = metric(network, **(_given(_map(colours)) | explain | {"x_batch": colours.numpy()}))
    assert ours == pytest.approx(theirs, abs=1e-3)


def test_similarities_of_the_randomisation_test() -> None:
    functions = quantus.functions.similarity_func
    other = (SALIENCY + np.random.default_rng(1).random(SALIENCY.shape)).astype(np.float32)
    ours = similarity(SALIENCY, other)
    assert ours.rank_correlation == pytest.approx(
        functions.correlation_spearman(SALIENCY.ravel(), other.ravel()), abs=1e-3
    )
    scaled = [each / each.max() for each in (SALIENCY, other)]
    assert ours.ssim == pytest.approx(functions.ssim(*scaled), abs=1e-3)


def _map(picture: Tensor) -> np.ndarray:
    """(H, W) ≥ 0: the brightness squared."""
    return picture.reshape(-1, SIDE, SIDE).mean(dim=0).square().numpy()


def _given(saliency: np.ndarray) -> dict[str, object]:
    """One picture of the second class with its map and its mask, as Quantus takes them."""
    return {
        "x_batch": PICTURE.numpy(),
        "y_batch": np.array([1]),
        "a_batch": saliency[None, None].astype(np.float32),
        "s_batch": LESION[None, None],
        "softmax": True,
        "channel_first": True,
    }
