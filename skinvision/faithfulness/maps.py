"""What all measures ask of a map: its positive part, its scale, its size, and its pixels in order."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skinvision.errors import ShapeMismatch

BLOCK = 32  # px: a cell of the last stage of most networks, which has 1/32 of the resolution


def positive_part(saliency: NDArray[Any]) -> NDArray[np.float64]:
    """The evidence for the class, (H, W) ≥ 0."""
    evidence: NDArray[np.float64] = np.maximum(saliency, 0).astype(np.float64)
    return evidence


def scaled(saliency: NDArray[Any]) -> NDArray[np.float64]:
    """The positive part with its peak at 1, (H, W) in [0, 1]; zeros where there is no positive evidence."""
    evidence = positive_part(saliency)
    peak = evidence.max()
    return evidence / peak if peak > 0 else evidence


def check_size(saliency: NDArray[Any], height: int, width: int) -> None:
    """Nothing, for a map (height, width).

    Raises:
        ShapeMismatch: it has another shape.
    """
    if saliency.shape != (height, width):
        raise ShapeMismatch(f"a map ({height}, {width})", str(saliency.shape), "bring it to the network's input first")


def ranking(saliency: NDArray[Any], seed: int = 0) -> NDArray[np.int64]:
    """All pixels, the most salient first.

    Ties come in the order of ``random_order``, so that a constant map ranks as chance does, and no corner is favoured.

    Args:
        saliency: (H, W), signed: what speaks against the class comes last.

    Returns:
        (H · W,) indices into the flattened map.
    """
    height, width = saliency.shape
    chance = random_order(height, width, seed)
    order: NDArray[np.int64] = chance[np.argsort(-saliency.ravel()[chance], kind="stable")]
    return order


def random_order(height: int, width: int, seed: int = 0, block: int = BLOCK) -> NDArray[np.int64]:
    """All pixels (height · width,), in blocks that come in random order, row by row within a block.

    Pixels that are scattered over the picture spoil every texture at once, and a network breaks down at the first of
    them; class activation maps take away whole patches. So chance is fair only with the grain of the map beside it: a
    map of noise, pixel by pixel, goes better than coarse blocks, and a coarse map worse than single pixels.

    Args:
        block: side of a block, px.
    """
    rows, columns = np.arange(height) // block, np.arange(width) // block
    number = rows[:, None] * (columns[-1] + 1) + columns  # (H, W): each pixel's block
    places = np.random.default_rng(seed).permutation(number[-1, -1] + 1)
    order: NDArray[np.int64] = np.argsort(places[number].ravel(), kind="stable")
    return order


def centre_blob(height: int, width: int) -> NDArray[np.float32]:
    """A Gaussian in the middle, (height, width) in (0, 1], a quarter of each side wide: what a guess would be."""
    down, right = (np.exp(-8 * ((np.arange(side) + 0.5) / side - 0.5) ** 2) for side in (height, width))
    return np.outer(down, right).astype(np.float32)
