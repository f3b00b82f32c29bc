"""Which models there are: the cards in one folder. Reading them needs no torch.

A model is two files in that folder: ``<name>.json``, the card, and ``<name>.safetensors``. The folder is ``weights/``
of the project, or the one that the environment variable ``SKINVISION_WEIGHTS`` names.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from skinvision.card import ModelCard, Task
from skinvision.errors import UnknownName, WeightsRejected

KNOWN_TRUTH = "phantom"  # a classifier of synthetic lesions, in which it is known what decides
DEFAULTS: dict[Task, str] = {"segmentation": "unet", "classification": "resnet50"}

# Made once, while nothing else runs: two threads that decode a card for the first time at once can crash the process.
CARDS = msgspec.json.Decoder(ModelCard)


def folder() -> Path:
    """Where cards and weights are."""
    return Path(os.environ.get("SKINVISION_WEIGHTS") or Path(__file__).parents[1] / "weights")


def names(task: Task) -> tuple[str, ...]:
    """Names of the models for ``task``, the default one first, the others in order of the alphabet."""
    cards = [read_card(path.stem) for path in sorted(folder().glob("*.json"))]
    found = [card.name for card in cards if card.task == task]
    return tuple(sorted(found, key=lambda name: name != DEFAULTS[task]))


def read_card(name: str) -> ModelCard:
    """The card of the model ``name``.

    Raises:
        UnknownName: no such card.
        WeightsRejected: the card is not of this version's form, of another name, or cannot be true.
    """
    path = folder() / f"{name}.json"
    if Path(name).name != name or not path.is_file():
        raise UnknownName.among("model", name, sorted(p.stem for p in folder().glob("*.json")))
    return _read(path)


def study() -> tuple[ModelCard, ...]:
    """Cards of models that were trained for a comparison and not kept, in the folder's own folder ``study``.

    Raises:
        WeightsRejected: as ``read_card``.
    """
    return tuple(_read(path) for path in sorted((folder() / "study").glob("*.json")))


def weights_bytes(card: ModelCard) -> int | None:
    """Size of a model's weights, with those of an ensemble's members; None where a file is missing."""
    needed = {card.name, *(member.name for member in card.members)}
    paths = [folder() / f"{each}.safetensors" for each in needed]
    return sum(path.stat().st_size for path in paths) if all(path.is_file() for path in paths) else None


def _read(path: Path) -> ModelCard:
    try:
        card = CARDS.decode(path.read_bytes())
    except msgspec.MsgspecError as error:
        raise WeightsRejected(f"a card of this version in {path.name}", str(error), "restore the file") from error
    if card.name != path.stem:
        expected = f"the name {path.stem!r} in {path.name}"
        raise WeightsRejected(expected, repr(card.name), "give the file its own name back")
    _check(card)
    return card


def _check(card: ModelCard) -> None:
    """What a card of the right form can still have wrong."""
    names = len(set(card.labels))
    needed = {
        "labels that differ, each with its title": names == len(card.labels) == len(card.titles) > 0,
        "an input size of 1 px or more": min(*card.input_size, *(card.working_size or (1,))) >= 1,
        "standard deviations above 0": min(card.std) > 0,
        "a threshold in (0, 1)": card.threshold is None or 0 < card.threshold < 1,
        "a temperature above 0": card.calibration is None or card.calibration.temperature > 0,
    }
    for expected, met in needed.items():
        if not met:
            raise WeightsRejected(f"{expected} on the card of {card.name}", "another value", "restore the file")
