"""Strided depth-wise convolutions keep float32 in training, and nothing else does."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from skinvision.training.strided import StridedInFloat32


@pytest.mark.parametrize(
    ("convolution", "dtype"),
    [
        (nn.Conv2d(4, 4, 3, stride=2, groups=4), torch.float32),
        (nn.Conv2d(4, 4, 3, stride=(1, 2), groups=4, bias=False), torch.float32),
        (nn.Conv2d(4, 4, 3, groups=4), torch.bfloat16),
        (nn.Conv2d(4, 4, 3, stride=2, groups=2), torch.bfloat16),
        (nn.Conv2d(4, 4, 3, stride=2), torch.bfloat16),
        (nn.Conv2d(1, 4, 3, stride=2), torch.bfloat16),
    ],
    ids=repr,
)
def test_what_is_computed_in_float32(convolution: nn.Conv2d, dtype: torch.dtype) -> None:
    picture = torch.rand(2, convolution.in_channels, 9, 9)
    with torch.autocast("cpu", torch.bfloat16), StridedInFloat32():
        found = convolution(picture.bfloat16())
    assert found.dtype == dtype
    torch.testing.assert_close(found.float(), convolution(picture.bfloat16().float()), atol=0.02, rtol=0.02)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_without_autocast_nothing_changes(dtype: torch.dtype) -> None:
    convolution = nn.Conv2d(4, 4, 3, stride=2, groups=4, dtype=dtype)
    picture = torch.rand(1, 4, 9, 9, dtype=dtype)
    with StridedInFloat32():
        found = convolution(picture)
    assert torch.equal(found, convolution(picture))
    found.sum().backward()
    assert convolution.weight.grad is not None
