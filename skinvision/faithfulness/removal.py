"""What stands in the place of pixels that are away: one flat colour, or the picture out of focus."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from skinvision.errors import ShapeMismatch
from skinvision.models.inputs import mean_colour


@dataclass(frozen=True, slots=True, eq=False)
class Removal:
    """A picture, and what it becomes where pixels are away.

    Attributes:
        picture: (1, 3, H, W) float32, as the network takes it.
        deleted: likewise; where deletion ends.
        hidden: likewise; where insertion begins.

    Raises:
        ShapeMismatch: not one picture, or a baseline of another shape.
    """

    picture: Tensor
    deleted: Tensor
    hidden: Tensor

    def __post_init__(self) -> None:
        shapes = {tuple(each.shape) for each in (self.picture, self.deleted, self.hidden)}
        if len(shapes) > 1 or len(self.picture) != 1:
            expected = "a picture (1, 3, H, W) and two baselines like it"
            raise ShapeMismatch(expected, str(sorted(shapes)), "give one picture with its own baselines")

    @classmethod
    def of(cls, picture: Tensor) -> Removal:
        """As in the paper on RISE: deletion ends in one colour, insertion begins with a blur.

        Pixels put into a flat picture would have sharp edges, which are evidence of their own.
        """
        return cls(picture, mean_colour(picture), blurred(picture))


def blurred(picture: Tensor, share: float = 0.08) -> Tensor:
    """``picture`` (1, 3, H, W) under a Gaussian whose σ is ``share`` of the short side; edges are reflected."""
    rows = np.ascontiguousarray(picture[0].permute(1, 2, 0).numpy())  # (H, W, 3)
    sigma = share * min(rows.shape[:2])
    soft = cv2.GaussianBlur(rows, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    return torch.from_numpy(soft).permute(2, 0, 1)[None]
