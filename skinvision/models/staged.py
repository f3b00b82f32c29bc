"""A classifier as named stages and a head.

A class activation map at any stage then needs no hooks: run the stages up to it without gradients, switch gradients on
at its activation, and differentiate the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import NamedTuple

import torch
from torch import Tensor, nn

from skinvision.errors import UnknownName


class Output(NamedTuple):
    """What one pass gives: ``logits`` (N, K) and ``features`` (N, D), the pooled input of the last linear layer."""

    logits: Tensor
    features: Tensor


class PooledLinear(nn.Module):
    """Global average pooling and a linear layer, (N, C, h, w) -> (N, K)."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(channels, classes)

    def forward(self, activation: Tensor) -> Output:
        features = activation.mean(dim=(2, 3))  # (N, C)
        return Output(self.linear(features), features)

    @property
    def bias(self) -> Tensor:
        """(K,)."""
        return self.linear.bias


class DenseHead(nn.Module):
    """A hidden dense layer with dropout and a linear layer on all cells, (N, C, h, w) -> (N, K).

    Args:
        inputs: C · h · w; one size of picture alone gives so many.
        hidden: D, the width of the hidden layer.
    """

    def __init__(self, inputs: int, hidden: int, classes: int, dropout: float) -> None:
        super().__init__()
        self.hidden = nn.Sequential(nn.Flatten(), nn.Linear(inputs, hidden), nn.ReLU(inplace=True), nn.Dropout(dropout))
        self.linear = nn.Linear(hidden, classes)

    def forward(self, activation: Tensor) -> Output:
        features = self.hidden(activation)  # (N, D)
        return Output(self.linear(features), features)

    @property
    def bias(self) -> Tensor:
        """(K,)."""
        return self.linear.bias


class StagedClassifier(nn.Module):
    """Stages applied in order, each (N, C, h, w) -> (N, C', h', w'), then a head that gives an ``Output``.

    Args:
        stages: modules by name, first to last.
        head: maps the last activation to an ``Output``; what it adds to the logits at last is its ``bias`` (K,).
    """

    def __init__(self, stages: Mapping[str, nn.Module], head: nn.Module) -> None:
        super().__init__()
        self.stages = nn.ModuleDict(dict(stages))
        self.head = head

    @property
    def stage_names(self) -> tuple[str, ...]:
        return tuple(self.stages)

    def below(self, image: Tensor, stage: str) -> Tensor:
        """The activation that leaves ``stage``, for ``image`` (N, 3, H, W).

        Raises:
            UnknownName: no such stage.
        """
        return self.between(image, None, stage)

    def between(self, activation: Tensor, before: str | None, stage: str) -> Tensor:
        """The activation that leaves ``stage``, for one that left ``before``, or for pictures where that is None.

        Raises:
            UnknownName: no such stage.
        """
        for name in self.span(before, stage):
            activation = self.stages[name](activation)
        return activation

    def span(self, before: str | None, stage: str) -> tuple[str, ...]:
        """The names of the stages after ``before``, or from the first on where that is None, up to ``stage``.

        Raises:
            UnknownName: no such stage.
        """
        first = 0 if before is None else self._position(before) + 1
        return self.stage_names[first : self._position(stage) + 1]

    def above(self, activation: Tensor, stage: str) -> Output:
        """The output for an ``activation`` that left ``stage``.

        Raises:
            UnknownName: no such stage.
        """
        output: Output = self.head(self.between(activation, stage, self.stage_names[-1]))
        return output

    def each(self, image: Tensor) -> dict[str, Tensor]:
        """The activations that leave the stages, by their names, for ``image`` (N, 3, H, W)."""
        left: dict[str, Tensor] = {}
        activation, before = image, None
        for name in self.stage_names:
            activation = left[name] = self.between(activation, before, name)
            before = name
        return left

    def forward(self, image: Tensor) -> Tensor:
        """Logits (N, K) of ``image`` (N, 3, H, W)."""
        return self.output(image).logits

    def output(self, image: Tensor) -> Output:
        """Logits and features of ``image`` (N, 3, H, W)."""
        last = self.stage_names[-1]
        return self.above(self.below(image, last), last)

    def _position(self, stage: str) -> int:
        if stage not in self.stages:
            raise UnknownName.among("stage", stage, self.stage_names)
        return self.stage_names.index(stage)


def shapes(network: StagedClassifier, side: int = 64) -> dict[str, tuple[int, ...]]:
    """(C, h, w) that leaves each stage for a picture of ``side`` px; the network is left as it was."""
    settled = deepcopy(network).eval() if network.training else network  # batch norm in training would take notes
    with torch.no_grad():
        left = settled.each(torch.zeros(1, 3, side, side))
    return {name: tuple(activation.shape[1:]) for name, activation in left.items()}
