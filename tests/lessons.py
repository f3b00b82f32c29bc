"""Tiny recipes for training on synthetic lesions, and files to start from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import safetensors.torch
from torch import nn

from skinvision.card import Architecture
from skinvision.training.recipes import RESNET50_BASE, UNET, Phase

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


def start_file(factory: pytest.TempPathFactory, network: nn.Module) -> Path:
    path = factory.mktemp("start") / "start.safetensors"
    safetensors.torch.save_file(network.state_dict(), path)
    return path
