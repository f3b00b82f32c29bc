"""The figures of a finished model measured anew: its card changes, its weights do not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from skinvision.card import ModelCard, Task
from skinvision.classify import staged
from skinvision.errors import DataRejected
from skinvision.models import registry
from skinvision.training.centres import stage_offsets
from skinvision.training.data import among, read_table
from skinvision.training.evaluate import evaluate, load_for


def remeasure(task: Task, data: Path, model: str | None = None) -> ModelCard:
    """Measure the splits that a model's card names, ``val`` and ``test``, and write the figures into the card.

    So is where the cells of a classifier's stages look.

    Args:
        data: the folder that the model was trained on, the first one where there were several.
        model: name; the default one of the task if None.

    Returns:
        The card as written.

    Raises:
        DataRejected: as ``evaluate``; also where the folder has another number of pictures than the card says.
        UnknownName, WeightsRejected: as ``evaluate``.
    """
    found = load_for(task, model)
    card = found.card
    check_numbers(card, data)
    reports = {split: evaluate(task, data, split, card.name) for split in _splits(card)}
    written = registry.read_card(card.name)
    offsets = stage_offsets(staged(found), card) if task == "classification" else {}
    written = replace(
        written, val=reports.get("val", written.val), test=reports.get("test", written.test), stage_offsets=offsets
    )
    registry.rewrite(written)
    return written


def _splits(card: ModelCard) -> list[str]:
    """Those of ``val`` and ``test`` that the model's data have."""
    return [split for split in ("val", "test") if card.data and card.data[0].counts.get(split)]


def check_numbers(card: ModelCard, data: Path) -> None:
    """Other pictures would give figures that the card does not speak of.

    Raises:
        DataRejected: ``val`` or ``test`` has another number of pictures than the card says.
    """
    for split in _splits(card):
        samples = read_table(data, split)
        scored = samples if card.task == "segmentation" else among(card.labels, samples)
        expected = card.data[0].counts[split]
        if len(scored) != expected:
            raise DataRejected(
                f"the {expected} pictures of the split {split} that the card of {card.name} speaks of",
                f"{len(scored)} in {data}",
                f"give the folder of {card.data[0].name}",
            )
