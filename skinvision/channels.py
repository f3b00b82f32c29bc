"""How a Grad-CAM is made: channel by channel, and what is left of map and logit when channels are switched off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from skinvision.attribution import activation_and_gradient
from skinvision.models.staged import StagedClassifier


@dataclass(frozen=True, slots=True, eq=False)
class Channels:
    """The channels that leave one stage for one picture, and what one class makes of them.

    Attributes:
        stage: the stage.
        target: index of the class.
        activation: (C, h, w) float32, what leaves the stage.
        weights: (C,) float32, the mean gradient of the class's logit over each channel (Selvaraju et al. 2017, eq. 1).
        logits: (K,) float32, of the whole network.
    """

    stage: str
    target: int
    activation: NDArray[np.float32]
    weights: NDArray[np.float32]
    logits: NDArray[np.float32]

    @property
    def contributions(self) -> NDArray[np.float32]:
        """(C,): what each channel adds to the map, in logits: its weight times the sum of its cells."""
        added: NDArray[np.float32] = self.weights * self.activation.sum(axis=(1, 2))
        return added

    @property
    def remainder(self) -> float:
        """What of the logit no channel accounts for. At the last stage of a pooled linear head it is the bias."""
        return float(self.logits[self.target] - self.contributions.sum())

    def strongest(self, count: int) -> tuple[int, ...]:
        """Numbers of the channels with the largest contributions, for or against the class, largest first."""
        return tuple(int(c) for c in np.argsort(-np.abs(self.contributions), kind="stable")[:count])

    def channel_map(self, channel: int) -> NDArray[np.float32]:
        """(h, w): what one channel adds to the map, in logits per cell."""
        part: NDArray[np.float32] = self.weights[channel] * self.activation[channel]
        return part

    def map_without(self, off: Iterable[int]) -> NDArray[np.float32]:
        """(h, w): the map of the other channels, not rectified, in logits per cell (eq. 2). Without any, Grad-CAM."""
        weights = self.weights.copy()
        weights[list(off)] = 0
        left: NDArray[np.float32] = np.einsum("c,chw->hw", weights, self.activation)
        return left


def channels(network: StagedClassifier, picture: Tensor, stage: str, target: int) -> Channels:
    """The channels of one picture (1, 3, H, W) at ``stage``, for the class with index ``target``.

    Args:
        network: in ``eval``; it is left as it was.

    Raises:
        UnknownName: no such stage.
    """
    activation, gradient, logits = activation_and_gradient(network, picture, stage, target)
    weights = gradient.mean(dim=(1, 2))
    return Channels(stage, target, activation.numpy(), weights.numpy(), logits.numpy())


def logits_without(network: StagedClassifier, found: Channels, off: Iterable[int]) -> NDArray[np.float32]:
    """(K,): what the network says when some channels of a stage are 0 in all cells.

    At the last stage of a pooled linear head the class loses what the channels contribute; below it, the later stages
    make of the rest what they make of it.
    """
    left = torch.from_numpy(found.activation.copy())[None]
    left[:, list(off)] = 0
    with torch.inference_mode():
        logits: NDArray[np.float32] = network.above(left, found.stage).logits[0].numpy()
    return logits
