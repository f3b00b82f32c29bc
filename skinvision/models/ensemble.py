"""Several finished classifiers as one, whose logits are the mean of theirs.

Stage by stage their activations lie beside each other as channels of one map. So the ensemble is a ``StagedClassifier``
like any other, and its class activation maps are the sums of what each member contributes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from skinvision.errors import WeightsRejected
from skinvision.models.staged import Output, StagedClassifier, shapes


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One finished classifier.

    Attributes:
        network: in ``eval``, with frozen parameters.
        mean, std: per RGB channel, for values in [0, 1].
        temperature: by which its logits are divided.
    """

    network: StagedClassifier
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    temperature: float


def ensemble(members: Sequence[Member], classes: int) -> StagedClassifier:
    """A classifier of pictures (N, 3, H, W) in [0, 1], not normalised.

    Its stages are those at which all members have the same grid. The members are no modules of it: its parameters are
    the K biases alone, which are added to the mean of the members' logits.

    Args:
        classes: K.

    Raises:
        WeightsRejected: no stage is common to all, or one has a stage after the last common one.
    """
    sizes = [shapes(member.network) for member in members]
    common = [name for name in sizes[0] if len({size[name][1:] if name in size else None for size in sizes}) == 1]
    lasts = {tuple(size)[-1] for size in sizes}
    if not common or lasts != {common[-1]}:
        raise WeightsRejected("members that end in one grid", f"stages {sizes}", "choose others")
    stages: dict[str, nn.Module] = {}
    for before, name in zip((None, *common), common, strict=False):
        parts = [_Part(member, before, name) for member in members]
        stages[name] = _Beside(parts, [size[before][0] for size in sizes] if before else None)
    return StagedClassifier(stages, _Mean(members, [size[common[-1]][0] for size in sizes], classes))


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """A member's stages after ``before``, or from the picture on, up to ``name``."""

    member: Member
    before: str | None
    name: str

    def __call__(self, x: Tensor) -> Tensor:
        if self.before is None:
            mean, std = (x.new_tensor(values)[:, None, None] for values in (self.member.mean, self.member.std))
            x = (x - mean) / std
        return self.member.network.between(x, self.before, self.name)

    @property
    def stages(self) -> tuple[nn.Module, ...]:
        """The member's stages that it runs."""
        network = self.member.network
        return tuple(network.stages[name] for name in network.span(self.before, self.name))


class _Beside(nn.Module):
    """All members' parts, each on its own channels, or all on the picture where ``channels`` is None."""

    def __init__(self, parts: Sequence[_Part], channels: list[int] | None) -> None:
        super().__init__()
        self.parts = tuple(parts)
        self.channels = channels

    @property
    def borrowed(self) -> tuple[nn.Module, ...]:
        """The members' stages that work here, which are no modules of this one."""
        return tuple(stage for part in self.parts for stage in part.stages)

    def forward(self, x: Tensor) -> Tensor:
        shares = torch.split(x, self.channels, dim=1) if self.channels else [x] * len(self.parts)
        return torch.cat([part(share) for part, share in zip(self.parts, shares, strict=True)], dim=1)


class _Mean(nn.Module):
    """The mean of the members' logits, and their features beside each other, each brought to one length."""

    def __init__(self, members: Sequence[Member], channels: list[int], classes: int) -> None:
        super().__init__()
        self.members = tuple(members)
        self.channels = channels
        self.bias = nn.Parameter(torch.zeros(classes))

    @property
    def borrowed(self) -> tuple[nn.Module, ...]:
        """The members' heads, which are no modules of this one."""
        return tuple(member.network.head for member in self.members)

    def forward(self, activation: Tensor) -> Output:
        shares = torch.split(activation, self.channels, dim=1)
        outputs: list[Output] = [m.network.head(share) for m, share in zip(self.members, shares, strict=True)]
        logits = torch.stack([o.logits / m.temperature for m, o in zip(self.members, outputs, strict=True)])
        features = [o.features / o.features.square().mean(dim=1, keepdim=True).sqrt().clamp(1e-12) for o in outputs]
        return Output(logits.mean(dim=0) + self.bias, torch.cat(features, dim=1))
