"""ResT, an efficient transformer for pictures that no library has (Zhang and Yang, NeurIPS 2021, arXiv:2105.13677).

Every part takes and gives a map (N, C, h, w), so that its stages serve a ``StagedClassifier``. Tokens (N, h·w, C) are
made of it only inside an attention block.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from timm.layers import DropPath, LayerNorm2d, Mlp, trunc_normal_
from torch import Tensor, nn

_MLP_RATIO = 4
_EPSILON = 1e-5  # of layer norms, as in torch; timm has 1e-6


@dataclass(frozen=True, slots=True)
class RestSize:
    """One member of the family: per stage its channels, heads, blocks, and by how much keys are thinned out.

    ``drop_path`` is the probability at which the last block is left out in training; it rises from 0 at the first.
    """

    channels: tuple[int, ...]
    heads: tuple[int, ...]
    blocks: tuple[int, ...]
    reductions: tuple[int, ...]
    drop_path: float = 0.1


REST_LITE = RestSize(channels=(64, 128, 256, 512), heads=(1, 2, 4, 8), blocks=(2, 2, 2, 2), reductions=(8, 4, 2, 1))


def rest_stages(size: RestSize) -> Mapping[str, nn.Module]:
    """Stem and stage1 … stage4 (table 1 of the paper), with 1/4, 1/4, 1/8, 1/16 and 1/32 of the resolution."""
    rates = iter(np.linspace(0, size.drop_path, sum(size.blocks)))
    stages: dict[str, nn.Module] = {"stem": _stem(size.channels[0])}
    below = 0
    for number, (channels, heads, blocks, reduction) in enumerate(
        zip(size.channels, size.heads, size.blocks, size.reductions, strict=True), start=1
    ):
        embedding = [_patch_embedding(below, channels)] if below else []  # the first stage has the stem's
        transformer = [Block(channels, heads, reduction, float(next(rates))) for _ in range(blocks)]
        stages[f"stage{number}"] = nn.Sequential(*embedding, *transformer)
        below = channels
    stages[f"stage{len(size.blocks)}"].append(LayerNorm2d(below, _EPSILON))  # type: ignore[operator]
    for stage in stages.values():
        stage.apply(_initialise)
    return stages


class PixelAttention(nn.Module):
    """Position encoding: a map times the sigmoid of its own 3×3 depth-wise convolution (section 3.4 of the paper)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weigh = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)

    def forward(self, x: Tensor) -> Tensor:
        weighed: Tensor = x * self.weigh(x).sigmoid()
        return weighed


class EfficientAttention(nn.Module):
    """Efficient multi-head self-attention (equations 4 and 5 of the paper).

    Keys and values come from a map that a depth-wise convolution has thinned out, and a 1×1 convolution mixes the
    heads before softmax, with an instance norm after it.

    Args:
        channels: C, of tokens in and out.
        heads: among which the channels are shared out.
        reduction: by which the sides of the map are divided for keys and values.
    """

    def __init__(self, channels: int, heads: int, reduction: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(channels, channels)
        self.thin: nn.Module = nn.Identity()
        if reduction > 1:
            self.thin = nn.Sequential(
                nn.Conv2d(channels, channels, reduction + 1, reduction, padding=reduction // 2, groups=channels),
                LayerNorm2d(channels, _EPSILON),
            )
        self.key_value = nn.Linear(channels, 2 * channels)
        self.mix = nn.Conv2d(heads, heads, 1) if heads > 1 else nn.Identity()
        self.norm = nn.InstanceNorm2d(heads) if heads > 1 else nn.Identity()
        self.project = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        query = self._by_head(self.query(_tokens(x)))  # (N, heads, h·w, c)
        key, value = (self._by_head(part) for part in self.key_value(_tokens(self.thin(x))).chunk(2, dim=-1))
        similarity = query @ key.transpose(-2, -1) * query.shape[-1] ** -0.5  # (N, heads, h·w, thinned h·w)
        attention = self.norm(self.mix(similarity).softmax(dim=-1))
        tokens = self.project((attention @ value).transpose(1, 2).flatten(2))  # (N, h·w, C)
        return _map(tokens, x)

    def _by_head(self, tokens: Tensor) -> Tensor:
        """(N, n, C) -> (N, heads, n, C / heads)."""
        return torch.unflatten(tokens, -1, (self.heads, -1)).transpose(1, 2)


class Block(nn.Module):
    """Attention and a perceptron, each behind a layer norm and beside a shortcut (equation 6 of the paper)."""

    def __init__(self, channels: int, heads: int, reduction: int, drop_path: float) -> None:
        super().__init__()
        self.norm1 = LayerNorm2d(channels, _EPSILON)
        self.attention = EfficientAttention(channels, heads, reduction)
        self.norm2 = nn.LayerNorm(channels)
        self.perceptron = Mlp(channels, _MLP_RATIO * channels)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.drop_path(self.attention(self.norm1(x)))
        perceived: Tensor = x + self.drop_path(_map(self.perceptron(self.norm2(_tokens(x))), x))
        return perceived


def _stem(channels: int) -> nn.Module:
    """Three 3×3 convolutions, the first and the last by two, then the position encoding."""
    half = channels // 2
    return nn.Sequential(
        nn.Conv2d(3, half, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(half),
        nn.ReLU(inplace=True),
        nn.Conv2d(half, half, 3, padding=1, bias=False),
        nn.BatchNorm2d(half),
        nn.ReLU(inplace=True),
        nn.Conv2d(half, channels, 3, stride=2, padding=1, bias=False),
        PixelAttention(channels),
    )


def _patch_embedding(below: int, channels: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(below, channels, 3, stride=2, padding=1), nn.BatchNorm2d(channels), PixelAttention(channels)
    )


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.Linear):
        trunc_normal_(module.weight, std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def _tokens(x: Tensor) -> Tensor:
    """(N, C, h, w) -> (N, h·w, C)."""
    return x.flatten(2).transpose(1, 2)


def _map(tokens: Tensor, like: Tensor) -> Tensor:
    """(N, h·w, C) -> (N, C, h, w), with the sides of ``like``."""
    return torch.unflatten(tokens.transpose(1, 2), 2, like.shape[2:])
