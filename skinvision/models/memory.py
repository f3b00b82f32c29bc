"""A picture that a network has seen costs no second run: not the same file again, not a friend's copy of it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from threading import Lock

from cachetools import LRUCache, cached
from torch import Tensor

from skinvision.models.registry import LoadedModel

MOST_BYTES, MOST_ENTRIES = 16 * 2**20, 64


def remembering(model: LoadedModel, most_bytes: int = MOST_BYTES, most_entries: int = MOST_ENTRIES) -> LoadedModel:
    """The model, with what its network gave for the latest pictures kept, within so many bytes and pictures.

    Pictures are told apart by what the network gets to see, so that another crop of one is another picture. They are
    not kept themselves.
    """
    return replace(model, engine=Remembering(model, most_bytes, most_entries))


class Remembering:
    """An engine that asks another one, once.

    Attributes:
        name: of the engine that is asked.
    """

    def __init__(self, model: LoadedModel, most_bytes: int, most_entries: int) -> None:
        self.name = model.engine_name
        least = -(-most_bytes // most_entries)  # so that there is room for so many only
        self.kept: LRUCache[str, Tensor] = LRUCache(most_bytes, getsizeof=lambda found: max(found.nbytes, least))
        self._run = cached(self.kept, key=_digest, lock=Lock())(model.run)

    def __call__(self, picture: Tensor) -> Tensor:
        found: Tensor = self._run(picture)
        return found


def _digest(picture: Tensor) -> str:
    """Of all values and of the shape."""
    told = hashlib.sha256(repr(tuple(picture.shape)).encode())
    told.update(picture.permute(0, 2, 3, 1).contiguous().numpy().data)  # as it lies in memory: channels last
    return told.hexdigest()
