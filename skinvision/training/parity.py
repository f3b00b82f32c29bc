"""Do other engines give torch's answers? Measured on held-out pictures, as they go through an analysis."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import logit
from torch import Tensor
from tqdm import tqdm

from skinvision.card import ModelCard, Task
from skinvision.models import registry
from skinvision.models.engines import TorchBf16, has_bf16, openvino_engine, usable
from skinvision.models.registry import LoadedModel
from skinvision.models.staged import StagedClassifier
from skinvision.reports import Parity
from skinvision.segment import segmenter_input
from skinvision.training.data import Sample, read_labelled, read_table
from skinvision.training.evaluate import load_for, segmenter_for
from skinvision.training.intervals import rounded
from skinvision.training.passes import seen


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    """Logits, (K,) of a classifier and (pixels,) of a segmenter, and how long they took."""

    logits: NDArray[np.float32]
    seconds: float


def parity(
    task: Task, data: Path, split: str = "val", model: str | None = None, pictures: int = 200, *, update: bool = False
) -> dict[str, Parity]:
    """Compare every engine that works on this machine with torch.

    Args:
        data: a folder like that of ``evaluate``.
        model: name; the default one of the task if None.
        pictures: at most so many, drawn at random but always the same.
        update: write what was found into the model's card; engines that do not work here keep what was known of them.

    Returns:
        By engine and precision.

    Raises:
        DataRejected: the folder does not have the layout, or there is no picture.
        UnknownName, WeightsRejected: as ``load_for``; or the model was not exported.
    """
    loaded = load_for(task, model)
    samples = read_table(data, split)
    drawn = np.random.default_rng(0).permutation(len(samples))[:pictures]
    engines = {engine.name: replace(loaded, engine=engine) for engine in _engines(loaded)}
    answers: dict[str, list[_Answer]] = {"torch": [], **{name: [] for name in engines}}
    for picture in _inputs(loaded, [samples[k] for k in drawn]):
        for name, each in {"torch": loaded, **engines}.items():
            answers[name].append(_answer(each, picture))
    found = {name: _parity(loaded.card, answers["torch"], answers[name]) for name in engines}
    if update:
        card = registry.read_card(loaded.card.name)
        registry.rewrite(replace(card, parity=card.parity | found))
    return found


def _engines(model: LoadedModel) -> Iterator[registry.Engine]:
    if has_bf16():
        yield TorchBf16(model.network)
    for precision in usable(model.card):
        yield openvino_engine(model.card, precision)


def _inputs(model: LoadedModel, samples: list[Sample]) -> Iterator[Tensor]:
    """What the network sees of each picture."""
    segmenter = segmenter_for(model.card)
    for sample in tqdm(samples, desc="comparing"):
        case = read_labelled(sample.image)
        if model.card.task == "segmentation":
            yield segmenter_input(model, case)
        else:
            yield seen(model, segmenter, case)


def _answer(model: LoadedModel, picture: Tensor) -> _Answer:
    started = time.perf_counter()
    with torch.no_grad():
        found = model.run(picture)
        if isinstance(model.network, StagedClassifier):
            found = model.network.head(found).logits
    return _Answer(found.numpy().ravel(), time.perf_counter() - started)


def _parity(card: ModelCard, torchs: list[_Answer], others: list[_Answer]) -> Parity:
    known, other = (np.stack([answer.logits for answer in answers]) for answers in (torchs, others))
    if card.task == "segmentation":
        same = (known >= logit(card.threshold)) == (other >= logit(card.threshold))
    else:
        same = known.argmax(axis=1) == other.argmax(axis=1)
    return Parity(
        n=len(known),
        same=rounded(same.mean()),
        worst=rounded(np.abs(other - known).max() / known.std()),
        time=rounded(np.median([its.seconds / mine.seconds for mine, its in zip(torchs, others, strict=True)])),
    )
