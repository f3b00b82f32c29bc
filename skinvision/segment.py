"""Case -> LesionMask."""

from __future__ import annotations

from torch import Tensor

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
    logits = model.run(segmenter_input(model, case))  # (1, 1, height, width)
    probability = resize(logits.sigmoid()[0, 0].numpy(), case.height, case.width)
    if threshold is None:
        threshold = 0.5 if model.card.threshold is None else model.card.threshold
    return LesionMask(probability, threshold)


def segmenter_input(model: LoadedModel, case: Case) -> Tensor:
    """The whole picture at the card's size, (1, 3, height, width), upright or not as the picture is."""
    short, long = sorted(model.card.input_size)
    height, width = (short, long) if case.width >= case.height else (long, short)
    return as_input(case.image, height, width, model.card)
