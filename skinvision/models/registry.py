"""Model card (JSON) and weights (safetensors, SHA-256) <-> loaded network.

Where they are and what cards say is known to ``catalogue``, without torch. A pickle is never loaded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Protocol

import msgspec
import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from skinvision import replacing
from skinvision.card import ModelCard
from skinvision.catalogue import CARDS, DEFAULTS, folder, names, read_card
from skinvision.errors import WeightsRejected
from skinvision.models import networks
from skinvision.models.ensemble import Member, ensemble
from skinvision.models.looks import with_looks
from skinvision.models.staged import StagedClassifier
from skinvision.trust import FeatureStatistics

__all__ = ["DEFAULTS", "LoadedModel", "folder", "load", "names", "read_card", "rewrite", "save"]

_PREFIX = "features."  # of the statistics among the tensors of a weights file
_STATISTICS = tuple(field.name for field in fields(FeatureStatistics))
_COUNTER = "num_batches_tracked"  # of batch norm; training alone needs it


class Engine(Protocol):
    """What runs a network, (1, 3, H, W) -> what ``body`` gives; safe to call from many threads."""

    @property
    def name(self) -> str: ...

    def __call__(self, picture: Tensor) -> Tensor: ...


@dataclass(frozen=True, slots=True, eq=False)
class LoadedModel:
    """A card, its network in ``eval`` with frozen parameters, and what its features look like.

    Attributes:
        engine: what runs the network instead of torch.
        why_torch: why it is torch, where another engine was asked for.
    """

    card: ModelCard
    network: nn.Module
    statistics: FeatureStatistics | None
    engine: Engine | None = None
    why_torch: str = ""

    @property
    def engine_name(self) -> str:
        return self.engine.name if self.engine else "torch"

    def run(self, picture: Tensor) -> Tensor:
        """As ``body``, for one picture (1, 3, H, W) as ``inputs.as_input`` gives it, by whichever engine."""
        if self.engine:
            return self.engine(picture)
        with torch.no_grad():
            return body(self.network, picture)


def body(network: nn.Module, picture: Tensor) -> Tensor:
    """The part of a network that costs time: all of a segmenter, (N, K, H, W); of a classifier what leaves its last
    stage, (N, C, h, w), for the head.
    """
    if isinstance(network, StagedClassifier):
        return network.below(picture, network.stage_names[-1])
    found: Tensor = network(picture)
    return found


def load(name: str) -> LoadedModel:
    """The model ``name``, ready to run.

    Raises:
        UnknownName: no such model, or an architecture that this version cannot build.
        WeightsRejected: the weights are missing, do not match the card's SHA-256, or do not fit its architecture.
    """
    card = read_card(name)
    tensors = _tensors(card)
    statistics = {name: tensors.pop(_PREFIX + name).numpy() for name in _STATISTICS if _PREFIX + name in tensors}
    network = _together(card) if card.members else _unfilled(card)
    counters = {k: v for k, v in network.state_dict().items() if k.endswith(_COUNTER)}
    try:
        network.load_state_dict(tensors | counters)
        features = FeatureStatistics(**statistics) if statistics else None
    except (RuntimeError, TypeError) as error:
        raise WeightsRejected(f"weights that fit {card.architecture}", str(error), "restore both files") from error
    _check_stages(card, network)
    if isinstance(network, StagedClassifier) and not card.members:  # those look as their own cards say
        network = with_looks(network, card.looks)
    network = network.eval().requires_grad_(False).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return LoadedModel(card, network, features)


def save(model: LoadedModel) -> ModelCard:
    """Write weights (float16) and card beside each other. Where that fails, an older model of the name stays whole.

    Returns:
        The card as written, with the SHA-256 of the weights.

    Raises:
        WeightsRejected: a name with a folder in it, a weight that float16 cannot hold, or a card that JSON cannot.
        NotWritten: there is no room, or no right to write.
    """
    tensors = {k: v for k, v in model.network.state_dict().items() if not k.endswith(_COUNTER)}
    if model.statistics is not None:
        arrays = model.statistics.arrays()
        tensors |= {_PREFIX + name: torch.from_numpy(array.copy()) for name, array in arrays.items()}
    data = safetensors.torch.save({name: _half(name, tensor) for name, tensor in tensors.items()})
    card = replace(model.card, sha256=hashlib.sha256(data).hexdigest())
    check_name(card.name)
    folder().mkdir(parents=True, exist_ok=True)
    replacing.write({folder() / f"{card.name}.safetensors": data, folder() / f"{card.name}.json": _json(card)})
    return card


def ensemble_of(models: Sequence[LoadedModel]) -> StagedClassifier:
    """Finished classifiers of the same labels as one, as ``models.ensemble``.

    Raises:
        WeightsRejected: one is no calibrated classifier, their labels differ, or they do not fit together.
    """
    members, labels = [], models[0].card.labels
    for model in models:
        card, network = model.card, model.network
        if card.labels != labels or card.calibration is None or not isinstance(network, StagedClassifier):
            expected = f"calibrated classifiers of {', '.join(labels)}"
            raise WeightsRejected(expected, f"{card.name} among them", "choose others")
        members.append(Member(network, card.mean, card.std, card.calibration.temperature))
    return ensemble(members, len(labels))


def rewrite(card: ModelCard) -> None:
    """Write a card anew, beside weights that stay as they are.

    Raises:
        UnknownName: no such model.
        WeightsRejected: the card is about other weights than the one it replaces, or JSON cannot hold it.
        NotWritten: as ``save``.
    """
    before = read_card(card.name)
    if card.sha256 != before.sha256:
        raise WeightsRejected(f"a card for the weights {before.sha256}", card.sha256, "measure the new ones")
    replacing.write({folder() / f"{card.name}.json": _json(card)})


def check_name(name: str) -> None:
    """Whether a model can be called so.

    Raises:
        WeightsRejected: the name would lead to another folder.
    """
    if Path(name).name != name or not name.strip("."):
        raise WeightsRejected("a plain name", repr(name), "leave out folders")


def _tensors(card: ModelCard) -> dict[str, Tensor]:
    path = folder() / f"{card.name}.safetensors"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsRejected(f"readable {path.name}", str(error.strerror), "restore the file") from error
    found = hashlib.sha256(data).hexdigest()
    if found != card.sha256:
        raise WeightsRejected(f"SHA-256 {card.sha256} for {path.name}", found, "restore the file and its card")
    try:
        return {name: tensor.float() for name, tensor in safetensors.torch.load(data).items()}
    except safetensors.SafetensorError as error:
        raise WeightsRejected(f"safetensors in {path.name}", str(error), "restore the file") from error


def _unfilled(card: ModelCard) -> nn.Module:
    """The network without its weights."""
    with networks.Unfilled():
        return networks.build(card.architecture, len(card.labels))


def _together(card: ModelCard) -> nn.Module:
    """The members of an ensemble, each of which has to be the one that it was made of."""
    models = [load(member.name) for member in card.members]
    for member, model in zip(card.members, models, strict=True):
        if model.card.sha256 != member.sha256:
            raise WeightsRejected(
                f"{member.name} with SHA-256 {member.sha256} for {card.name}", model.card.sha256, "combine them anew"
            )
    return ensemble_of(models)


def _check_stages(card: ModelCard, network: nn.Module) -> None:
    own = network.stage_names if isinstance(network, StagedClassifier) else ()
    if not set(card.stages) <= set(own) or bool(card.stages) != bool(own):
        raise WeightsRejected(f"stages among {own} on the card of {card.name}", str(card.stages), "restore the card")


def _half(name: str, tensor: Tensor) -> Tensor:
    half = tensor.half().contiguous()
    if not half.isfinite().all():
        raise WeightsRejected(f"values up to 65504 in {name}", f"{tensor.abs().max():g}", "train the model again")
    return half


def _json(card: ModelCard) -> bytes:
    data = msgspec.json.format(msgspec.json.encode(card), indent=1) + b"\n"
    try:
        CARDS.decode(data)
    except msgspec.MsgspecError as error:  # NaN becomes null
        raise WeightsRejected("a card whose figures are all numbers", str(error), "look at the history") from error
    return data
