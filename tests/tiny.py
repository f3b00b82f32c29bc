"""Tiny real models, untrained but seeded, for tests that run networks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from skinvision.card import Architecture, ModelCard, Task
from skinvision.models import networks, registry
from skinvision.trust import FeatureStatistics
from tests.samples import sample_card

_ARCHITECTURES: dict[Task, Architecture] = {
    "segmentation": Architecture("unet", "segmentation-models-pytorch", "tu-test_efficientnet"),
    "classification": Architecture("resnet", "torchvision", "resnet18"),
}


def save_tiny(task: Task) -> ModelCard:
    """Write the default model of ``task``, with the sample card's figures, to the registry's folder."""
    card = replace(sample_card(task), architecture=_ARCHITECTURES[task], input_size=(64, 96))
    torch.manual_seed(0)
    network = networks.build(card.architecture, len(card.labels))
    return registry.save(registry.LoadedModel(card, network, _statistics(card)))


def _statistics(card: ModelCard) -> FeatureStatistics | None:
    if card.task == "segmentation":
        return None
    classes = len(card.labels)
    features = np.random.default_rng(0).normal(size=(4 * classes, 512)).astype(np.float32)
    return FeatureStatistics.fit(features, np.arange(4 * classes) % classes, components=4)
