"""A classifier that looks at each picture more than once: as it is, and mirrored or turned by half a turn.

A lesion has no right way up, yet a network answers a turned picture a little differently. The mean over several looks
is better than any of them (test-time augmentation; Krizhevsky et al. 2012, section 4.1), and its class activation maps
do not depend on which way up the picture was. Here that is no loop around the network but a network: stage by stage the
looks lie upright beside each other, so that maps, channels and engines know of nothing special.
"""

from __future__ import annotations

import torch
from torch import Tensor

from skinvision.card import Looks
from skinvision.errors import WeightsRejected
from skinvision.models.staged import PooledLinear, StagedClassifier

_FLIPS: dict[Looks, tuple[tuple[int, ...], ...]] = {  # axes of (N, C, H, W); each is undone by itself
    1: ((),),
    2: ((), (2, 3)),
    4: ((), (2, 3), (2,), (3,)),
}


class Looking(StagedClassifier):
    """``network`` with several looks, its stages and its head the same modules under the same names.

    What leaves a stage is the looks' activations beside each other, turned upright: (N, looks · C, h, w). What leaves
    the last one is their mean, (N, C, h, w), so that with a pooled linear head the logits are the mean of the looks'.

    Args:
        network: with a pooled linear head.
        looks: 2, as it is and turned by 180°; or 4, mirrored in both ways too.

    Raises:
        WeightsRejected: another head, for which the mean of the activations gives other logits than the looks' mean.
    """

    def __init__(self, network: StagedClassifier, looks: Looks) -> None:
        if not isinstance(network.head, PooledLinear):
            raise WeightsRejected("a pooled linear head for several looks", type(network.head).__name__, "look once")
        super().__init__(dict(network.stages), network.head)
        self._flips = _FLIPS[looks]

    def between(self, activation: Tensor, before: str | None, stage: str) -> Tensor:
        if not self.span(before, stage):
            return activation
        shares = [activation] * len(self._flips) if before is None else activation.chunk(len(self._flips), dim=1)
        apart = torch.cat([share.flip(axes) for share, axes in zip(shares, self._flips, strict=True)])
        left = super().between(apart, before, stage).chunk(len(self._flips))  # looks × (N, C, h, w)
        upright = [look.flip(axes) for look, axes in zip(left, self._flips, strict=True)]
        return torch.stack(upright).mean(dim=0) if stage == self.stage_names[-1] else torch.cat(upright, dim=1)


def with_looks(network: StagedClassifier, looks: Looks) -> StagedClassifier:
    """``network``, whatever looks it has, with ``looks``: the same modules."""
    return StagedClassifier(dict(network.stages), network.head) if looks == 1 else Looking(network, looks)
