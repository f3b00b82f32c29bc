"""Long work in portions: between two of them others get their turn, progress is told, and the work can be stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Run(Protocol):
    """Runs one portion of work and gives what it gives.

    Whoever waits may do so elsewhere, such as in the queue of a worker, tell how far the work is, or raise to stop it.
    """

    def __call__(self, portion: Callable[[], T]) -> T: ...


def at_once(portion: Callable[[], T]) -> T:
    """Runs the portion here and now."""
    return portion()
