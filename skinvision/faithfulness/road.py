"""ROAD, remove and debias: pixels are imputed from their neighbours, so that what is away leaves no shape of its own.

Rong et al., ICML 2022, arXiv:2202.00449, by the grad-cam package.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pytorch_grad_cam.metrics.road import ROADLeastRelevantFirst, ROADMostRelevantFirst
from torch import Tensor

from skinvision.faithfulness.curves import Score
from skinvision.faithfulness.maps import check_size, ranking
from skinvision.portions import Run, at_once

REMOVED = (10, 20, 30)  # percent of the pixels; to impute 50 at 224 px takes one to two seconds each way, 90 three
ROAD_PORTIONS = 1 + 2 * len(REMOVED)


@dataclass(frozen=True, slots=True)
class Road:
    """What one class keeps when pixels are imputed.

    Attributes:
        whole: its probability on the untouched picture.
        without_most: its probabilities without the ``REMOVED`` percent that are most relevant.
        without_least: likewise without the least relevant.
    """

    whole: float
    without_most: tuple[float, ...]
    without_least: tuple[float, ...]


def remove_and_debias(score: Score, picture: Tensor, saliency: NDArray[Any], seed: int = 0, run: Run = at_once) -> Road:
    """ROAD of one map, in ``ROAD_PORTIONS`` portions; torch's random state is left as it was.

    Args:
        score: of one class.
        picture: (1, 3, H, W) float32, as the network takes it.
        saliency: (H, W), signed.
        seed: of the noise on imputed pixels.

    Raises:
        ShapeMismatch: the map is not of the picture's size.
    """
    check_size(saliency, *picture.shape[2:])
    ranks = _ranks(saliency)

    def left(measure: type[ROADMostRelevantFirst | ROADLeastRelevantFirst], removed: int) -> float:
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(seed)
            found = measure(100 - removed)(picture, ranks[None], [_itself], partial(_torch, score), return_diff=False)
        return float(found[0])

    whole = run(lambda: float(score(picture)[0]))
    most = tuple(run(partial(left, ROADMostRelevantFirst, removed)) for removed in REMOVED)
    least = tuple(run(partial(left, ROADLeastRelevantFirst, removed)) for removed in REMOVED)
    return Road(whole, most, least)


def _ranks(saliency: NDArray[Any]) -> NDArray[np.float32]:
    """Each pixel's rank, evenly from 1 for the most salient to 0, (H, W).

    The package cuts maps in [0, 1] at a percentile, where ties go all at once: of a map that is 0 on most pixels it
    would take all of those for its least relevant 10 %.
    """
    ranks = np.empty(saliency.size, np.float32)
    ranks[ranking(saliency)] = np.linspace(1, 0, saliency.size)
    return ranks.reshape(saliency.shape)


def _torch(score: Score, pictures: Tensor) -> Tensor:
    return torch.from_numpy(score(pictures))


def _itself(probability: Tensor) -> Tensor:
    return probability
