"""Sharpness-aware minimisation: the gradient of the worst point nearby, so that training ends where the loss is flat.

Foret et al., ICLR 2021 (arXiv:2010.01412), algorithm 1. Each step costs two passes forward and back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils import get_total_norm


class SharpnessAwareAdamW(torch.optim.AdamW):
    """AdamW that steps by the gradient found ``radius`` uphill of the weights.

    Args:
        groups: as of AdamW.
        radius: length of the step uphill, over all weights together, above 0.
    """

    def __init__(self, groups: list[dict[str, Any]], radius: float) -> None:
        super().__init__(groups)
        self.radius = radius

    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]
        """Step once.

        Args:
            closure: computes the loss and its gradients anew; it is called twice.

        Returns:
            The loss before the step.
        """
        loss = closure()
        climbed = self._climb()
        try:
            with torch.enable_grad():
                closure()
        finally:
            with torch.no_grad():
                for weights, before in climbed:
                    weights.copy_(before)
        super().step()
        return loss

    @torch.no_grad()
    def _climb(self) -> list[tuple[Tensor, Tensor]]:
        """Move all weights uphill; returns them with what they were."""
        all_weights = [
            weights for group in self.param_groups for weights in group["params"] if weights.grad is not None
        ]
        norm = get_total_norm([weights.grad for weights in all_weights])
        climbed = [(weights, weights.clone()) for weights in all_weights]
        for weights in all_weights:
            weights.add_(weights.grad, alpha=self.radius / (float(norm) + 1e-12))
        return climbed
