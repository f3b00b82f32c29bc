"""What the networks see in training: torchvision v2 transforms of uint8 pictures."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import torch
from torchvision import tv_tensors
from torchvision.transforms import InterpolationMode, v2


def for_classification(size: tuple[int, int]) -> v2.Transform:
    """Crop, turn, flip, colour and JPEG, (3, H, W) uint8 -> (3, *size) uint8."""
    return v2.Compose(
        [
            v2.RandomResizedCrop(size, scale=(0.4, 1.0), ratio=(0.75, 1.333), antialias=True),
            v2.RandomHorizontalFlip(),
            v2.RandomVerticalFlip(),
            v2.RandomChoice([v2.RandomRotation((angle, angle)) for angle in (0, 90)]),
            v2.RandomApply([v2.RandomAffine(45, shear=8, interpolation=InterpolationMode.BILINEAR)], p=0.3),
            *_photometric(),
        ]
    )


def for_segmentation(size: tuple[int, int]) -> v2.Transform:
    """Turn, zoom, flip, colour and JPEG for picture (3, H, W) uint8 and mask (1, H, W) alike -> (·, *size)."""
    return v2.Compose(
        [
            v2.RandomHorizontalFlip(),
            v2.RandomVerticalFlip(),
            v2.RandomApply(
                [v2.RandomAffine(180, (0.1, 0.1), (0.7, 1.5), 8, interpolation=InterpolationMode.BILINEAR)], p=0.8
            ),
            v2.Resize(size, antialias=True),
            *_photometric(),
        ]
    )


def turned(pictures: torch.Tensor) -> torch.Tensor:
    """(N, C, H, W), all turned by quarters and mirrored in the same one of the eight ways, each as likely."""
    way = int(torch.randint(8, ()))
    pictures = pictures.rot90(way % 4, dims=(2, 3))
    return pictures.flip(3) if way >= 4 else pictures


class Jpeg(v2.Transform):
    """JPEG artefacts on a picture (3, H, W) uint8; ``v2.JPEG`` needs operators that a CPU-only torch cannot load.

    Args:
        quality: lowest and highest JPEG quality, drawn uniformly.
    """

    _transformed_types = (v2.functional.is_pure_tensor, tv_tensors.Image)

    def __init__(self, quality: tuple[int, int]) -> None:
        super().__init__()
        self.quality = quality

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:  # noqa: ARG002
        return {"quality": int(torch.randint(self.quality[0], self.quality[1] + 1, ()))}

    def transform(self, inpt: torch.Tensor, params: dict[str, Any]) -> torch.Tensor:
        pixels = np.ascontiguousarray(inpt.permute(1, 2, 0).numpy())  # (H, W, 3)
        _, encoded = cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, params["quality"]))
        decoded = torch.from_numpy(cv2.imdecode(encoded, cv2.IMREAD_COLOR)).permute(2, 0, 1)
        return tv_tensors.wrap(decoded, like=inpt) if isinstance(inpt, tv_tensors.TVTensor) else decoded


def _photometric() -> list[v2.Transform]:
    return [
        v2.RandomApply([v2.ColorJitter(0.25, 0.25, 0.25)], p=0.8),
        v2.RandomApply([v2.ColorJitter(hue=0.03)], p=0.3),
        v2.RandomApply([v2.GaussianBlur(5, (0.1, 1.5))], p=0.1),
        v2.RandomApply([Jpeg((40, 95))], p=0.1),
    ]


def normalised(pictures: torch.Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> torch.Tensor:
    """(N, 3, H, W) uint8 -> float32 with the card's mean and std, channels last in memory."""
    scaled: torch.Tensor = v2.functional.normalize(
        v2.functional.to_dtype(pictures, torch.float32, scale=True), mean, std
    )
    return scaled.contiguous(memory_format=torch.channels_last)
