"""Where in the picture the cells of a stage look: not quite at the middle of the square that they stand for.

A convolution of stride 2 that pads both sides alike looks half a pixel of its input up and to the left of where a
resize would put its output, and five of them in a row look half a cell beside it. What training makes of that differs
from network to network, so it is measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from skinvision.card import ModelCard
from skinvision.models.inputs import as_input
from skinvision.models.staged import StagedClassifier
from skinvision.phantom import draw

_PHANTOMS = 16


def stage_offsets(network: StagedClassifier, card: ModelCard) -> dict[str, float]:
    """How far the cells of each stage look beside the middle of their squares, in cells; > 0 is right and down.

    The effective receptive field of a cell is the gradient of its activation with respect to the picture (Luo et al.,
    NeurIPS 2016). Its centre, the median so that far tails count little, is taken for the four cells in the middle of
    synthetic lesions, which are twice as large as the card's pictures so that no border is near. Rows and columns count
    alike. No more than half a cell is told: beyond that the outermost cells would lie outside the picture. An ensemble
    has one offset for all its members. Of two looks, one upside down, one is as far beside the middle as the other is
    on the opposite side: together they have none.

    Args:
        network: in ``eval``; its parameters gather no gradients.
        card: its input size, mean and std.
    """
    if card.looks == 2:
        return dict.fromkeys(network.stage_names, 0.0)
    height, width = (2 * side for side in card.input_size)
    twice_as_large = [draw(seed, height=height, width=width).image for seed in range(_PHANTOMS)]
    sharp = replace(card, working_size=None)
    pictures = [as_input(image, height, width, sharp) for image in twice_as_large]
    return {stage: round(_offset(network, pictures, stage), 3) for stage in network.stage_names}


def _offset(network: StagedClassifier, pictures: Sequence[Tensor], stage: str) -> float:
    """Mean over the pictures, each with another one of the four cells in its middle."""
    beside = []
    for number, picture in enumerate(pictures):
        picture = picture.detach().requires_grad_()
        with torch.enable_grad():
            activation = network.below(picture, stage)[0]  # (C, h, w)
            channels, *grid = activation.shape
            cell = grid[0] // 2 - number % 2, grid[1] // 2 - number // 2 % 2
            # In the mean over signs the square of this gradient is the sum of the squares of each channel's.
            signs = torch.randint(2, (channels,), generator=torch.Generator().manual_seed(number)) * 2.0 - 1
            (gradient,) = torch.autograd.grad(signs @ activation[:, *cell], picture)
        seen = gradient[0].double().square().sum(dim=0).numpy()  # (H, W)
        if seen.any():  # no channel may be active there
            beside += [_median(seen.sum(axis=1 - axis), grid[axis]) - (cell[axis] + 0.5) for axis in (0, 1)]
    return float(np.clip(np.mean(beside), -0.5, 0.5)) if beside else 0.0


def _median(profile: NDArray[np.float64], cells: int) -> float:
    """On which of ``cells`` from the first edge half of ``profile`` (N,) lies before."""
    before = np.concatenate([[0.0], np.cumsum(profile)])
    return float(np.interp(before[-1] / 2, before, np.linspace(0, cells, len(before))))
