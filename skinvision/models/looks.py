"""A classifier that looks at each picture twice: as it is, and turned by 180°.

A lesion has no right way up, yet a network answers a turned picture a little differently. The mean of several looks is
better than one of them (test-time augmentation; Krizhevsky et al. 2012, section 4.1), and of these two it is the same
for a picture and for the picture upside down, as are its class activation maps. Here that is no loop around the network
but a network: stage by stage the looks lie upright beside each other, so that maps, channels and engines know of
nothing special.
"""

from __future__ import annotations

import torch
from torch import Tensor

from skinvision.card import Looks
from skinvision.errors import WeightsRejected
from skinvision.models.staged import PooledLinear, StagedClassifier

_UPSIDE_DOWN = (2, 3)  # the axes of (N, C, H, W) that are turned round; once more, and they are as they were


class Twice(StagedClassifier):
    """``network`` with two looks, its stages and its head the same modules under the same names.

    What leaves a stage is the looks' activations beside each other, both upright: (N, 2 · C, h, w). What leaves the
    last one is their mean, (N, C, h, w), so that with a pooled linear head the logits are the mean of the looks'.

    Args:
        network: with a pooled linear head.

    Raises:
        WeightsRejected: another head, for which the mean of the activations gives other logits than the looks' mean.
    """

    def __init__(self, network: StagedClassifier) -> None:
        if not isinstance(network.head, PooledLinear):
            raise WeightsRejected("a pooled linear head for two looks", type(network.head).__name__, "look once")
        super().__init__(dict(network.stages), network.head)

    def between(self, activation: Tensor, before: str | None, stage: str) -> Tensor:
        if not self.span(before, stage):
            return activation
        upright, other = (activation, activation) if before is None else activation.chunk(2, dim=1)
        apart = torch.cat([upright, other.flip(_UPSIDE_DOWN)])  # (2 · N, C, h, w)
        upright, turned = super().between(apart, before, stage).chunk(2)
        other = turned.flip(_UPSIDE_DOWN)
        return (upright + other) / 2 if stage == self.stage_names[-1] else torch.cat([upright, other], dim=1)


def with_looks(network: StagedClassifier, looks: Looks) -> StagedClassifier:
    """``network``, whatever looks it has, with ``looks``: the same modules in the same modes."""
    found = StagedClassifier(dict(network.stages), network.head) if looks == 1 else Twice(network)
    found.training = found.stages.training = network.training
    return found
