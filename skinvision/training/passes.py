"""What a finished classifier gives for many pictures: logits and features, some pictures at a time."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from skinvision.card import ModelCard
from skinvision.classify import classifier_input, region_of, staged
from skinvision.models.registry import LoadedModel
from skinvision.models.staged import Output
from skinvision.segment import segment
from skinvision.training.data import Sample, read_labelled
from skinvision.types import Case

_BATCH = 16


class Outputs(NamedTuple):
    """Of N pictures: what comes before any calibration."""

    logits: NDArray[np.float32]  # (N, K)
    features: NDArray[np.float32]  # (N, D)


def outputs_of(model: LoadedModel, segmenter: LoadedModel | None, samples: Iterable[Sample]) -> Outputs:
    """As ``passed``, of labelled pictures."""
    samples = tuple(samples)
    cases = (read_labelled(sample.image) for sample in samples)
    return passed(model, segmenter, cases, f"{model.card.region} picture", len(samples))


def passed(model: LoadedModel, segmenter: LoadedModel | None, cases: Iterable[Case], title: str, total: int) -> Outputs:
    """Logits and features of pictures, with progress.

    Args:
        segmenter: finds the lesion for a model that does not look at whole pictures.
        title: of the progress bar.
        total: how many pictures there are.
    """
    network = staged(model)
    finder = segmenter if model.card.region != "whole" else None
    inputs = (seen(model, finder, case) for case in tqdm(cases, desc=title, total=total))
    collected: list[Output] = []
    with torch.inference_mode():
        while batch := list(islice(inputs, _BATCH)):
            collected.append(network.output(torch.cat(batch)))
    logits, features = (torch.cat(tensors).numpy() for tensors in zip(*collected, strict=True))
    return Outputs(logits, features)


def seen(model: LoadedModel, segmenter: LoadedModel | None, case: Case) -> Tensor:
    """What a classifier sees of one picture, (1, 3, h, w); ``segmenter`` None for one that needs no lesion."""
    mask = segment(segmenter, case) if segmenter else None
    return classifier_input(model, case, region_of(model.card, case, mask), mask)


def truth_of(card: ModelCard, samples: Iterable[Sample]) -> NDArray[np.int64]:
    """(N,): class numbers."""
    return np.array([card.labels.index(sample.dx) for sample in samples])
