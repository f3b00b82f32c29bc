"""Depth-wise convolutions with a stride, on a CPU: in float32, whatever else is computed in bfloat16."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

_Sides = int | tuple[int, ...]


class StridedInFloat32(TorchFunctionMode):
    """Within it, autocast leaves alone the convolutions whose backward pass oneDNN has in float32 only.

    Their gradients in bfloat16 come from its reference code, about 20 times slower: a third of the time of a whole step
    of ResT-Lite at 128 px. ``benchmarks/strided.py`` measures it.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        return (_conv2d if func is torch.conv2d else func)(*args, **(kwargs or {}))


def _conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: _Sides = 1,
    padding: _Sides | str = 0,
    dilation: _Sides = 1,
    groups: int = 1,
) -> Tensor:
    depthwise, strided = groups == input.shape[-3] > 1, stride not in (1, (1, 1))
    if not (depthwise and strided and input.device.type == "cpu" and torch.is_autocast_enabled("cpu")):
        return torch.conv2d(input, weight, bias, stride, padding, dilation, groups)
    with torch.autocast("cpu", enabled=False):
        return torch.conv2d(input.float(), weight, bias, stride, padding, dilation, groups)
