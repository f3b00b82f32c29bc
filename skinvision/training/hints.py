"""Hints: a pupil whose stages imitate the stages of a teacher (FitNets; Romero et al., ICLR 2015, equation 3)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import torch
from torch import Tensor, nn

from skinvision.classify import staged
from skinvision.errors import WeightsRejected
from skinvision.models.looks import with_looks
from skinvision.models.registry import LoadedModel
from skinvision.models.staged import StagedClassifier, shapes
from skinvision.training.augment import normalised


class Hints(nn.Module):
    """What the activations of a pupil differ by from the teacher's, summed over the stages that share a grid.

    Where a stage has another number of channels than the teacher's, a 1×1 convolution compares them. It is learnt
    beside the pupil and is no part of it.

    Args:
        pupil: to be trained; it is left as it was.
        teacher: a finished classifier; at least one of its stages has the name and the grid of one of the pupil's.
        apart: whether ``apart`` will be called, for which all stages have to be as wide as the teacher's, too.

    Raises:
        WeightsRejected: the teacher's stages are others.
    """

    def __init__(self, pupil: StagedClassifier, teacher: LoadedModel, *, apart: bool = False) -> None:
        super().__init__()
        self.teacher = teacher
        self._network = [with_looks(staged(teacher), 1)]  # in a list: it is no module of this one
        own, shown = shapes(pupil), shapes(self._network[0])
        alike = [name for name in own if name in shown and own[name][1:] == shown[name][1:]]
        if not alike or (apart and own != shown):
            expected = f"a first teacher with {'all stages' if apart else 'a stage and grid'} of {own}"
            raise WeightsRejected(expected, f"{teacher.card.name} with {shown}", "name another")
        self.compare = nn.ModuleDict(
            {
                name: nn.Identity() if own[name] == shown[name] else nn.Conv2d(own[name][0], shown[name][0], 1)
                for name in alike
            }
        )

    def shown(self, pictures: Tensor) -> dict[str, Tensor]:
        """The teacher's activations, by stage, each (N, C, h, w), for pictures (N, 3, H, W) uint8."""
        card = self.teacher.card
        with torch.no_grad():
            return self._network[0].each(normalised(pictures, card.mean, card.std))

    def forward(self, activations: Mapping[str, Tensor], shown: Mapping[str, Tensor]) -> Tensor:
        """The squared difference relative to the teacher's squared activation, added up over the stages.

        Args:
            activations: of the pupil, by stage, each (N, C, h, w).
            shown: the teacher's, for the same pictures.
        """
        differences = [
            _relative(compare(activations[name]).float(), shown[name].float()) for name, compare in self.compare.items()
        ]
        return torch.stack(differences).sum()

    def apart(self, pupil: StagedClassifier, pictures: Tensor, shown: Mapping[str, Tensor]) -> Tensor:
        """``forward`` where each stage gets what the teacher's stage below gives, so that none waits for another.

        Li et al., CVPR 2020 (arXiv:1911.13053), equation 5.

        Args:
            pictures: (N, 3, H, W) float, normalised, for the first stage.
        """
        first, *_ = names = pupil.stage_names
        left = {first: pupil.between(pictures, None, first)}
        left |= {name: pupil.between(shown[below], below, name) for below, name in pairwise(names)}
        return self.forward(left, shown)


def _relative(own: Tensor, shown: Tensor) -> Tensor:
    return (own - shown).square().sum() / shown.square().sum()
