"""The queue before the one worker: its order, its places, its end."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from concurrent.futures import Future
from threading import Event

import numpy as np
import pytest

from skinvision.errors import Busy
from skinvision.worker import Worker, listening


@pytest.fixture
def gate() -> Iterator[Event]:
    """Holds up whatever waits for it, until the test ends at the latest."""
    gate = Event()
    yield gate
    gate.set()


@pytest.fixture
def running(worker: Worker, gate: Event) -> Future[bool]:
    """A call that runs for as long as the gate is closed."""
    begun = Event()
    future = worker.submit(lambda: begun.set() or gate.wait(20))
    assert begun.wait(20)
    return future


@pytest.fixture
def worker() -> Worker:
    return Worker(most=3)


def test_each_place_in_the_queue_moves_up(worker: Worker, gate: Event, running: Future[bool]) -> None:
    second, third = worker.submit(str), worker.submit(str)
    assert [worker.ahead(future) for future in (running, second, third)] == [0, 1, 2]
    assert second.cancel()
    assert worker.ahead(third) == 1
    gate.set()
    third.result(20)
    assert worker.ahead(third) == 0


def test_who_leaves_the_queue_leaves_nothing_behind(worker: Worker, running: Future[bool]) -> None:
    picture = np.zeros(3)
    call, seen = worker.submit(np.sum, picture), weakref.ref(picture)
    assert call.cancel()
    del picture
    assert seen() is None
    assert not running.done()


@pytest.mark.usefixtures("running")
def test_nobody_waits_for_what_was_taken_out(worker: Worker) -> None:
    def told(_: int) -> None:
        raise TimeoutError

    call = worker.submit(str)
    assert call.cancel()
    with listening(told):
        worker.wait(call)


@pytest.mark.usefixtures("running")
def test_beyond_the_bound_nothing_enters_and_what_was_let_in_goes_on(worker: Worker, gate: Event) -> None:
    first = worker.enter(str)
    assert not worker.is_full
    second = worker.enter(str)
    assert worker.is_full
    with pytest.raises(Busy, match="fewer than 3 pictures in the queue, got 3; try again"):
        worker.enter(str)
    portion = worker.submit(str)
    assert worker.ahead(portion) == 3
    assert first.cancel()
    assert second.cancel()
    assert worker.enter(int) is not None
    gate.set()
    assert portion.result(20) == ""


def test_a_fault_leaves_the_queue_too(worker: Worker) -> None:
    futures = [worker.submit(int, "no number") for _ in range(5)]
    with pytest.raises(ValueError, match="no number"):
        futures[-1].result(20)
    assert worker.enter(int).result(20) == 0


def test_whoever_waits_hears_how_many_are_ahead(worker: Worker, gate: Event, running: Future[bool]) -> None:
    heard: list[int] = []

    def told(ahead: int) -> None:
        heard.append(ahead)
        gate.set()

    last = worker.submit(len, "four")
    with listening(told):
        assert worker.result(last) == 4
    assert heard[0] == 1
    assert running.done()


def test_whoever_hears_may_wait_no_longer(worker: Worker, running: Future[bool]) -> None:
    def told(_: int) -> None:
        raise KeyboardInterrupt

    last = worker.submit(str)
    with pytest.raises(KeyboardInterrupt), listening(told):
        worker.result(running)
    with pytest.raises(KeyboardInterrupt), listening(told):
        worker.wait(last)
    assert not last.cancelled()
    with pytest.raises(KeyboardInterrupt), listening(told):
        worker.result(last)
    assert last.cancelled()
    assert not running.done()
