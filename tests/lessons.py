"""Tiny recipes for training on synthetic lesions, and files to start from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import safetensors.torch
from torch import nn

from skinvision import phantom
from skinvision.card import Architecture
from skinvision.phantom import Feature
from skinvision.training.recipe import Phase
from skinvision.training.recipes import RESNET50_BASE, UNET

SEGMENTER = replace(
    UNET,
    architecture=Architecture("unet", "segmentation-models-pytorch", "tu-test_resnet"),
    phases=(Phase((32, 32), 5), Phase((64, 64), 1)),
    stored_size=(64, 64),
    batch_size=8,
    learning_rate=3e-3,
    ema_decay=0.5,
)
CLASSIFIER = replace(
    RESNET50_BASE,
    architecture=Architecture("resnet", "torchvision", "resnet18"),
    labels=("nv", "vasc"),
    titles=("Melanocytic nevus", "Vascular lesion"),
    phases=(Phase((32, 32), 1, mixup=0.2), Phase((48, 48), 1)),
    stored_size=(48, 48),
    batch_size=8,
    learning_rate=1e-3,
    label_smoothing=0.0,
    ema_decay=0.8,
)
STEPS_PER_EPOCH = 2


def write_png(path: Path, pixels: np.ndarray) -> None:
    path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())


def write_lesions(folder: Path, lesions: Iterable[tuple[str, Feature, str]], height: int, width: int) -> Path:
    """A data folder of synthetic lesions with their masks, from (diagnosis, feature, split) of each."""
    for name in ("images", "masks"):
        (folder / name).mkdir()
    rows = ["image_id,dx,split"]
    for seed, (dx, feature, split) in enumerate(lesions):
        lesion = phantom.draw(seed, height=height, width=width, feature=feature)
        write_png(folder / "images" / f"p{seed}.png", lesion.image[:, :, ::-1])
        write_png(folder / "masks" / f"p{seed}.png", lesion.mask.astype(np.uint8) * 255)
        rows.append(f"p{seed},{dx},{split}")
    (folder / "metadata.csv").write_text("\n".join(rows))
    return folder


def start_file(factory: pytest.TempPathFactory, network: nn.Module) -> Path:
    path = factory.mktemp("start") / "start.safetensors"
    safetensors.torch.save_file(network.state_dict(), path)
    return path
