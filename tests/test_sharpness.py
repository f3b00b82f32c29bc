"""Sharpness-aware minimisation on a loss whose gradients one can write down."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from skinvision.training.sharpness import SharpnessAwareAdamW


def test_it_steps_from_where_it_was_by_the_gradient_uphill() -> None:
    """Of the loss ½ (3 a)² + ½ (4 b)² at a = 1/9 · 3, b = 1/16 · 4 the gradient is (3, 4), of length 5."""
    weights = nn.Parameter(torch.tensor([1 / 3, 1 / 4]))
    scale, seen = torch.tensor([9.0, 16.0]), []

    def closure() -> Tensor:
        weights.grad = None
        seen.append(weights.detach().clone())
        loss = (scale * weights.square()).sum() / 2
        loss.backward()
        return loss

    sharp = SharpnessAwareAdamW([{"params": [weights], "lr": 0.1, "weight_decay": 0.0}], radius=0.5)
    before = weights.detach().clone()
    assert sharp.step(closure).item() == pytest.approx((9 / 9 + 16 / 16) / 2)
    torch.testing.assert_close(seen[0], before)
    torch.testing.assert_close(seen[1], before + 0.5 * torch.tensor([0.6, 0.8]))
    torch.testing.assert_close(weights.grad, scale * seen[1])

    plain = nn.Parameter(before.clone())
    adam = torch.optim.AdamW([plain], lr=0.1, weight_decay=0.0)
    plain.grad = scale * seen[1]
    adam.step()
    torch.testing.assert_close(weights.detach(), plain.detach())


def test_what_has_no_gradient_stays() -> None:
    frozen, weights = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))

    def closure() -> Tensor:
        weights.grad = None
        loss = weights.square().sum()
        loss.backward()
        return loss

    SharpnessAwareAdamW([{"params": [frozen, weights], "lr": 0.1, "weight_decay": 0.1}], radius=0.1).step(closure)
    assert frozen.tolist() == [1, 1]
    assert weights.max() < 1
