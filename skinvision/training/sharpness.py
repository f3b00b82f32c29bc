"""Sharpness-aware minimisation: learn what is right in the neighbourhood of the weights (Foret et al., ICLR 2021)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


class Climb:
    """The way to the highest loss near the weights of ``network``, and back.

    Args:
        network: whose parameters move, where they need a gradient.
        radius: how far, by the Euclidean length of all of them together.
    """

    def __init__(self, network: nn.Module, radius: float) -> None:
        self._network = network
        self._radius = radius
        self._left: list[Tensor] = []

    def up(self, loss: Tensor) -> None:
        """Move the weights by ``radius`` along the gradient of ``loss`` (equation 2, of the Euclidean norm)."""
        weights = self._weights()
        slopes = torch.autograd.grad(loss, weights)
        length = torch.nn.utils.get_total_norm(slopes)
        self._left = [weight.detach().clone() for weight in weights]
        with torch.no_grad():
            torch._foreach_add_(weights, torch._foreach_mul(slopes, self._radius / (length + 1e-12)))

    def down(self) -> None:
        """Put back the weights that ``up`` moved, to the bit."""
        if self._left:
            with torch.no_grad():
                torch._foreach_copy_(self._weights(), self._left)
            self._left = []

    @contextmanager
    def statistics_kept(self) -> Iterator[None]:
        """Batch norm goes by the batch and remembers nothing of it: what is met up there is no picture of the data."""
        norms = [(norm, norm.momentum) for norm in self._network.modules() if isinstance(norm, _BatchNorm)]
        for norm, _ in norms:
            norm.momentum = 0.0
        try:
            yield
        finally:
            for norm, momentum in norms:
                norm.momentum = momentum

    def _weights(self) -> list[Tensor]:
        return [parameter for parameter in self._network.parameters() if parameter.requires_grad]
