"""How much the map changes when the picture hardly does.

Max-sensitivity (Yeh et al., "On the (In)fidelity and Sensitivity of Explanations", NeurIPS 2019, definition 3), divided
by the length of the map so that methods can be compared, over disturbances that pictures meet with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from functools import partial
from typing import Literal

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import shift
from torch import Tensor

from skinvision.faithfulness.maps import positive_part
from skinvision.portions import Run, at_once

DRAWS = 4  # of noise
NOISE = 2.0  # its standard deviation in 8-bit grey levels: what a camera adds
DIRECTIONS = ((0, 1), (0, -1), (1, 0), (-1, 0))  # down, right; by one pixel
QUALITIES = (90, 70)  # of JPEG
STABILITY_PORTIONS = 1 + DRAWS + len(DIRECTIONS) + 2 + len(QUALITIES)

PictureMapper = Callable[[Tensor], NDArray[np.float32]]  # (1, 3, H, W) -> (H, W)
Back = Callable[[NDArray[np.float64]], NDArray[np.float64]]
Kind = Literal["noise", "shift", "flip", "jpeg"]
Colours = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Stability:
    """The largest relative change ‖map(x′) − map(x)‖₂ / ‖map(x)‖₂ by kind of disturbance, each ≥ 0.

    All are NaN where the undisturbed map has no positive evidence.
    """

    noise: float
    shift: float
    flip: float
    jpeg: float

    @property
    def max_sensitivity(self) -> float:
        """The largest of all."""
        return float(np.max(astuple(self)))

    @property
    def to_small(self) -> float:
        """The largest but for the flips: a mirror image is another picture, and a network may see it otherwise."""
        return float(np.max([self.noise, self.shift, self.jpeg]))


def disturb(
    mapper: PictureMapper, picture: Tensor, mean: Colours, std: Colours, seed: int = 0, run: Run = at_once
) -> Stability:
    """The stability of one method for one picture and class, in ``STABILITY_PORTIONS`` portions of one map each.

    Maps of moved and mirrored pictures are moved and mirrored back. Only positive parts are compared.

    Args:
        mapper: one method for one network and class.
        picture: (1, 3, H, W) float32, as the network takes it.
        mean, std: by which values in [0, 1] were normalised.
        seed: of the noise.
    """
    own = positive_part(run(partial(mapper, picture)))
    changes: dict[Kind, list[float]] = {"noise": [], "shift": [], "flip": [], "jpeg": []}
    for kind, disturbed, back in _disturbances(picture, mean, std, seed):
        changes[kind].append(_change(own, back(positive_part(run(partial(mapper, disturbed))))))
    return Stability(**{kind: float(np.max(found)) for kind, found in changes.items()})


def _change(own: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The relative change, on those pixels of which both maps know."""
    known = ~np.isnan(other)
    length = np.linalg.norm(own[known])
    return float(np.linalg.norm((other - own)[known]) / length) if length > 0 else float("nan")


def _disturbances(picture: Tensor, mean: Colours, std: Colours, seed: int) -> Iterator[tuple[Kind, Tensor, Back]]:
    """Pictures (1, 3, H, W) that are hardly others, and the way back of their maps."""
    chance = torch.Generator().manual_seed(seed)
    grey_level = torch.tensor(std)[:, None, None].reciprocal() / 255  # (3, 1, 1), of the normalised picture
    for _ in range(DRAWS):
        yield "noise", picture + NOISE * grey_level * torch.randn(picture.shape, generator=chance), np.asarray
    for down, right in DIRECTIONS:
        moved = shift(picture.numpy(), (0, 0, down, right), order=0, mode="nearest")
        yield "shift", torch.from_numpy(moved), partial(shift, shift=(-down, -right), order=0, cval=np.nan)
    for axis in (2, 3):
        yield "flip", picture.flip(axis), partial(np.flip, axis=axis - 2)
    for quality in QUALITIES:
        yield "jpeg", _as_jpeg(picture, mean, std, quality), np.asarray


def _as_jpeg(picture: Tensor, mean: Colours, std: Colours, quality: int) -> Tensor:
    """The picture after it has been a JPEG file; values beyond 8 bits are cut."""
    values = picture[0].permute(1, 2, 0).numpy() * np.array(std) + np.array(mean)  # (H, W, 3) in [0, 1], RGB
    image = np.clip(np.round(values * 255), 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.float32)[..., ::-1] / 255
    normalised = (decoded - np.array(mean, np.float32)) / np.array(std, np.float32)
    return torch.from_numpy(normalised).permute(2, 0, 1)[None]
