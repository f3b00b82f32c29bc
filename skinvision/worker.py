"""The one worker that runs all networks on pictures: first come, first served, and only so many may wait.

Torch uses all cores for one picture, so that two at once would be no faster, and hold twice the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from threading import RLock
from typing import Any, ParamSpec, TypeVar

from skinvision.errors import Busy

P = ParamSpec("P")
T = TypeVar("T")
Ahead = Callable[[int], None]  # gets how many calls come before; it may raise, to wait no longer

MOST_WAITING = 100
_TELL_S = 0.25
_LISTENER: ContextVar[Ahead | None] = ContextVar("listener", default=None)


@contextmanager
def listening(told: Ahead) -> Iterator[None]:
    """Within it, ``told`` is called now and then while this thread waits for the worker."""
    token = _LISTENER.set(told)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def _run(work: list[Callable[[], T]]) -> T:
    return work.pop()()


def _nobody(ahead: int) -> None:
    """Listens, where no one else does."""


class Worker:
    """One thread and the queue before it. Safe to use from many threads.

    Args:
        most: how many calls may be in the queue, with the one that runs, when another one comes in.
    """

    def __init__(self, most: int = MOST_WAITING) -> None:
        self._most = most
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="skinvision")
        self._lock = RLock()
        self._queued: dict[Future[Any], None] = {}  # in the order of arrival

    def enter(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """``call`` at the end of the queue, if there is room.

        Raises:
            Busy: there is none.
        """
        with self._lock:
            if self.is_full:
                expected = f"fewer than {self._most} pictures in the queue"
                raise Busy(expected, str(len(self._queued)), "try again in half a minute")
            return self.submit(call, *args, **kwargs)

    def submit(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """``call`` at the end of the queue, however long it is: what was let in goes on."""
        with self._lock:
            work: list[Callable[[], T]] = [partial(call, *args, **kwargs)]
            future = self._threads.submit(_run, work)
            self._queued[future] = None
            future.add_done_callback(self._leave)
            future.add_done_callback(lambda _: work.clear())  # who leaves the queue takes the own picture along
        return future

    @property
    def is_full(self) -> bool:
        """Whether ``enter`` would find no room now."""
        return len(self._queued) >= self._most

    def ahead(self, future: Future[Any]) -> int:
        """How many calls come before this one; 0 for one that runs or is over."""
        with self._lock:
            return list(self._queued).index(future) if future in self._queued else 0

    def wait(self, future: Future[Any]) -> None:
        """Until it is over. Whoever is ``listening`` hears how many are ahead, and may raise to wait no longer."""
        told = _LISTENER.get() or _nobody
        while not (wait([future], _TELL_S).done or future.done()):  # ``wait`` knows nothing of what is cancelled
            told(self.ahead(future))

    def result(self, future: Future[T]) -> T:
        """What the call gives, once it is over; who does not ``wait`` for it to the end takes it out of the queue."""
        try:
            self.wait(future)
        except BaseException:
            future.cancel()
            raise
        return future.result()

    def _leave(self, future: Future[Any]) -> None:
        with self._lock:
            del self._queued[future]


WORKER = Worker()
