"""Visitors at the same time or one after the other, each with a picture of their own, and what came of their visits."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.visitor import Picture, Result, Visitor, visiting
from skinvision import phantom
from skinvision.render.screen import encode_jpeg

T = TypeVar("T")
_LESIONS = 10
_TELL_EVERY_S = 10
_PATIENCE_S = 1.0


@dataclass(frozen=True, slots=True)
class Tried(Generic[T]):
    """What a call gave, or else what went wrong, as a sentence."""

    seconds: float
    value: T | None
    error: str


@dataclass(frozen=True, slots=True)
class Visit:
    """What one visitor met with.

    Attributes:
        page: from the first request to the end of the script's first run.
        result: from the upload to the last byte of all panels.
    """

    picture: Picture
    page: Tried[None]
    result: Tried[Result]

    @property
    def error(self) -> str:
        """What went wrong first; empty where nothing did."""
        return self.page.error or self.result.error


def picture(number: int) -> Picture:
    """A synthetic lesion of 450 × 600 px. Each number has another picture: one of ten lesions, moved aside."""
    image = np.roll(_lesion(number % _LESIONS), number, axis=1)
    return Picture(f"lesion-{number}.jpg", encode_jpeg(image))


@contextmanager
def crowd(address: str, pictures: Sequence[Picture], fresh: bool = False) -> Iterator[list[Visit]]:
    """Visitors who open the page at one moment and upload at one moment. Within the context all of them are there.

    Args:
        fresh: as for ``Visitor.open``.
    """
    with ExitStack() as tabs, ThreadPoolExecutor(len(pictures)) as threads:
        visitors = [tabs.enter_context(visiting(address)) for _ in pictures]
        pages = threads.map(_tried, [partial(visitor.open, fresh) for visitor in visitors])
        opened = list(pages)  # all have their page before anyone uploads
        wanted = [partial(_analysed, visitor, picture) for visitor, picture in zip(visitors, pictures, strict=True)]
        results = threads.map(_tried, wanted)
        yield [Visit(*parts) for parts in zip(pictures, opened, results, strict=True)]


def stream(address: str, numbers: Iterable[int], at_once: int = 1) -> list[Visit]:
    """Visitors who come one after the other, ``at_once`` at any time, and leave with the result of their picture."""
    with ThreadPoolExecutor(at_once) as threads:
        return list(_told(threads.map(partial(_visit, address), numbers)))


def impatient(address: str, pictures: Sequence[Picture]) -> None:
    """Visitors who upload at one moment, and close the page before their turn has come."""
    with ExitStack() as tabs, ThreadPoolExecutor(len(pictures)) as threads:
        visitors = [tabs.enter_context(visiting(address)) for _ in pictures]
        list(threads.map(Visitor.open, visitors))
        list(threads.map(Visitor.bring, visitors, pictures))
        time.sleep(_PATIENCE_S)  # so that all are in the queue


def _visit(address: str, number: int) -> Visit:
    with crowd(address, [picture(number)]) as visits:
        return visits[0]


def _analysed(visitor: Visitor, picture: Picture) -> Result:
    visitor.bring(picture)
    return visitor.result()


def _tried(call: Callable[[], T]) -> Tried[T]:
    """Whatever goes wrong for a visitor is counted, and does not end the measurement."""
    started = time.perf_counter()
    try:
        value, error = call(), ""
    except Exception as problem:
        value, error = None, f"{type(problem).__name__}: {problem}"
    return Tried(time.perf_counter() - started, value, error)


def _told(visits: Iterable[Visit]) -> Iterator[Visit]:
    """The same visits; says now and then how many there were."""
    told = time.monotonic()
    for count, visit in enumerate(visits, 1):
        if time.monotonic() > told + _TELL_EVERY_S:
            told = time.monotonic()
            tell(f"{count} visits")
        yield visit


def tell(text: str) -> None:
    """How far it is, beside the results."""
    print(text, file=sys.stderr, flush=True)


@cache
def _lesion(seed: int) -> NDArray[np.uint8]:
    return phantom.draw(seed).image
