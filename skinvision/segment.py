"""Case -> LesionMask."""

from __future__ import annotations

import torch

from skinvision.geometry import resize
from skinvision.models.inputs import as_input
from skinvision.models.registry import LoadedModel
from skinvision.types import Case, LesionMask


def segment(model: LoadedModel, case: Case, threshold: float | None = None) -> LesionMask:
    """The lesion of one picture, by a segmentation model.

    The network sees the whole picture at the card's size, turned to the picture's orientation.

    Args:
        threshold: of the mask, in (0, 1); the card's by default.

    Raises:
        ShapeMismatch: a threshold outside (0, 1).
    """
    short, long = sorted(model.card.input_size)
    height, width = (short, long) if case.width >= case.height else (long, short)
    with torch.inference_mode():
        logits = model.network(as_input(case.image, height, width, model.card))  # (1, 1, height, width)
    probability = resize(logits.sigmoid()[0, 0].numpy(), case.height, case.width)
    if threshold is None:
        threshold = 0.5 if model.card.threshold is None else model.card.threshold
    return LesionMask(probability, threshold)
