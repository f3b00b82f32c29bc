"""Tiny real models, untrained but seeded, for tests that run networks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from skinvision.card import Architecture, ModelCard, Task
from skinvision.models import networks, registry
from skinvision.reports import Parity
from skinvision.trust import FeatureStatistics
from tests.samples import sample_card

_ARCHITECTURES: dict[Task, Architecture] = {
    "segmentation": Architecture("unet", "segmentation-models-pytorch", "tu-test_efficientnet"),
    "classification": Architecture("resnet", "torchvision", "resnet18"),
}
FULL = {"openvino f32": Parity(200, 1.0, 0.01, 0.5)}  # lets OpenVINO run a model in full precision


def save_tiny(task: Task, seed: int = 0, **changes: Any) -> ModelCard:
    """Write a model of ``task`` to the registry's folder: the default one, with the sample card's figures.

    Args:
        seed: of the weights.
        changes: what another one has on its card instead.
    """
    card = replace(sample_card(task), architecture=_ARCHITECTURES[task], input_size=(64, 96))
    card = replace(card, **changes)
    torch.manual_seed(seed)
    network = networks.build(card.architecture, len(card.labels))
    return registry.save(registry.LoadedModel(card, network, _statistics(card)))


def save_rivals() -> None:
    """Write a second model for each task; the classifier looks at the box around the lesion, and twice."""
    deeplab = Architecture("deeplabv3plus", "segmentation-models-pytorch", "tu-test_efficientnet")
    save_tiny("segmentation", 1, name="deeplabv3plus", title="DeepLabV3+", architecture=deeplab)
    save_tiny("classification", 1, name="rival", title="Rival", input_size=(64, 64), region="box", looks=2)


def _statistics(card: ModelCard) -> FeatureStatistics | None:
    if card.task == "segmentation":
        return None
    classes = len(card.labels)
    features = np.random.default_rng(0).normal(size=(4 * classes, 512)).astype(np.float32)
    return FeatureStatistics.fit(features, np.arange(4 * classes) % classes, components=4)
