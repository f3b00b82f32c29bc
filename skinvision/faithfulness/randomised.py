"""Does the map change when the network forgets what it has learned?

The cascading randomisation test of Adebayo et al., "Sanity Checks for Saliency Maps", NeurIPS 2018, section 3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr
from skimage.metrics import structural_similarity
from torch import Tensor, nn

from skinvision.faithfulness.maps import scaled
from skinvision.models.staged import StagedClassifier
from skinvision.portions import Run, at_once

HEAD = "head"

Mapper = Callable[[StagedClassifier, Tensor], NDArray[np.float32]]  # network, picture (1, 3, H, W) -> map (H, W)


@dataclass(frozen=True, slots=True)
class Similarity:
    """How like each other two maps are. Equal maps have 1 and 1.

    Attributes:
        ssim: structural similarity (Wang et al. 2004) of the positive parts with their peaks at 1, in [−1, 1].
        rank_correlation: Spearman's over the pixels of the signed maps (the paper's "diverging" maps), in [−1, 1]; 0
            where one map is flat and the other is not. Positive parts alone would seem unlike each other merely because
            one of them is nearly empty, as it often is of a network that has forgotten.
    """

    ssim: float
    rank_correlation: float


def levels(network: StagedClassifier) -> tuple[str, ...]:
    """What is forgotten, each together with those before it: the head, then the stages from the last to the first."""
    return (HEAD, *reversed(network.stage_names))


def randomise(
    mapper: Mapper, network: StagedClassifier, picture: Tensor, seed: int = 0, run: Run = at_once
) -> dict[str, Similarity]:
    """How like the network's map are the maps of a copy that forgets level after level.

    To forget is to shuffle: each tensor of weights keeps its values, so its mean, spread and tails, but not their
    places. The running statistics of batch norms told what the old weights gave; they are taken anew from the picture
    and its mirror image. Kept or shuffled they emptied 18 of 24 Grad-CAM maps of an EfficientNet, at 0 and 1 a third.

    Args:
        mapper: one method for one class; its map is (H, W), at least 7 px each way.
        network: in ``eval``; it is left as it was, and so is torch's random state.
        picture: (1, 3, H, W) float32, as the network takes it.
        run: gets one portion for the network's own map, then one for each of ``levels``.

    Returns:
        By level, in the order of ``levels``; NaN where the network's own map has no positive evidence.
    """
    own, copy = run(lambda: (mapper(network, picture), deepcopy(network)))
    chance = torch.Generator().manual_seed(seed)
    forgotten: list[nn.Module] = []

    def forget(level: str) -> Similarity:
        modules = _modules(copy, level)
        _shuffle(modules, chance)
        forgotten.extend(modules)
        _settle(copy, forgotten, picture)
        return similarity(own, mapper(copy, picture))

    return {level: run(partial(forget, level)) for level in levels(network)}


def similarity(own: NDArray[Any], other: NDArray[Any]) -> Similarity:
    """Of two maps (H, W), at least 7 px each way; NaN where ``own`` has no positive evidence."""
    one, two = scaled(own), scaled(other)
    if not one.any():
        return Similarity(float("nan"), float("nan"))
    flat = np.ptp(own) == 0 or np.ptp(other) == 0
    rank = float(np.array_equal(own, other)) if flat else float(spearmanr(own, other, axis=None).statistic)
    return Similarity(float(structural_similarity(one, two, data_range=1.0)), rank)


def _modules(network: StagedClassifier, level: str) -> list[nn.Module]:
    """What works at a level; an ensemble borrows the modules of its members."""
    module = network.head if level == HEAD else network.stages[level]
    return [module, *getattr(module, "borrowed", ())]


def _shuffle(modules: Sequence[nn.Module], chance: torch.Generator) -> None:
    with torch.no_grad():
        for weights in (parameter for module in modules for parameter in module.parameters()):
            places = torch.randperm(weights.numel(), generator=chance)
            weights.copy_(weights.flatten()[places].reshape(weights.shape))


def _settle(network: StagedClassifier, modules: Sequence[nn.Module], picture: Tensor) -> None:
    """Take the running statistics in ``modules`` from the picture and its mirror: of one value there is no spread."""
    norms = [each for module in modules for each in module.modules() if isinstance(each, nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean
        norm.train()
    with torch.no_grad():
        network(torch.cat([picture, picture.flip(3)]))
    for norm in norms:
        norm.eval()
