"""Many visitors at once, without browsers: how long each waits, whether each gets what is right, what the server needs.

Each opens the page, uploads a picture of their own and gets all panels of it: picture, mask, heatmap, chart and JSON.
That has to be, bit for bit, what a visitor who was alone with another server got. All open the page at one moment, and
all upload at one moment, which is worse than what a class does.

``--uploads`` asks another question: does memory grow when visitors come and go for hours? ``--leave`` a third: is it
given back when all of them have closed the page?
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np
from streamlit import config

from benchmarks.browser import Server, serving
from benchmarks.crowd import Visit, crowd, impatient, picture, stream, tell
from benchmarks.measure import Figure, options, show
from benchmarks.visitor import Result

SESSIONS = (1, 10, 30, 50)
AT_ONCE = 4
WARM_UP = 200
TARGET_SESSIONS = 30
_SETTLE_S = 3.0
_NUMBERED: dict[str, Any] = {"type": int, "metavar": "N"}


def main() -> None:
    more = {
        "--sessions": _NUMBERED | {"nargs": "+", "default": SESSIONS, "help": "so many at once (default: 1 10 30 50)"},
        "--uploads": _NUMBERED | {"help": f"instead, so many visits, {AT_ONCE} at any time: does memory grow?"},
        "--leave": _NUMBERED | {"help": "instead, so many at once who then leave: is memory given back?"},
        "--fresh": {"action": "store_true", "help": "visitors fetch the frontend's files too, as with an empty cache"},
    }
    chosen = options(__doc__, rounds=10, more=more)
    if chosen.uploads:
        show("Visitors who come and go", coming_and_going(chosen.uploads), chosen.json)
    elif chosen.leave:
        show("Visitors who leave", leaving(chosen.leave), chosen.json)
    else:
        show("Visitors at once", at_once(chosen.sessions, chosen.rounds, chosen.fresh), chosen.json)


def at_once(sessions: Sequence[int], visits: int, fresh: bool) -> list[Figure]:
    """Each number of visitors at once, as often as it takes to have so many ``visits``; each with a new picture."""
    crowds = {count: -(-visits // count) for count in sessions}
    right = alone(sum(count * times for count, times in crowds.items()))
    figures, first = [], 0
    with ready() as server:
        for count, times in crowds.items():
            figures += level(server, count, range(first, first + count * times), right, fresh)
            first += count * times
    return figures


def alone(count: int) -> dict[str, Result]:
    """What a visitor who has a server to themselves gets for each of ``count`` pictures, by the pictures' names."""
    tell(f"{count} visits one by one, for what is right")
    with ready() as server:
        visits = stream(server.address, range(count))
    if wrong := errors(visits):
        raise RuntimeError(f"a single visitor met with: {wrong[0]}")
    return {visit.picture.name: visit.result.value for visit in visits if visit.result.value}


def level(server: Server, count: int, numbers: range, right: Mapping[str, Result], fresh: bool) -> list[Figure]:
    """``count`` visitors at once, until each picture of ``numbers`` was uploaded."""
    tell(f"{count} at once")
    visits: list[Visit] = []
    with watching(server) as threads:
        for first in numbers[::count]:
            with crowd(server.address, [picture(first + place) for place in range(count)], fresh) as found:
                visits += found
                peak, held = _memory(server)
    asked = count == TARGET_SESSIONS
    return [
        *times(f"{count} at once: page", [visit.page.seconds for visit in visits], "(target: under 1 s)" * asked),
        *times(f"{count} at once: result", [visit.result.seconds for visit in visits if not visit.error]),
        Figure(f"{count} at once: errors", len(errors(visits)), "", "(target: 0)"),
        Figure(f"{count} at once: wrong results", wrong_results(visits, right), "", "(target: 0)"),
        Figure(f"{count} at once: threads of the server, at most", max(threads), ""),
        Figure(f"{count} at once: peak memory so far", peak, "MiB", "(target: under 1430 MiB, 1.5 GB)" * asked),
        Figure(f"{count} at once: memory held", held, "MiB"),
    ]


def coming_and_going(uploads: int) -> list[Figure]:
    """The memory after the first visits, when as much is kept as ever will be, and after all."""
    with ready() as server:
        visits = stream(server.address, range(min(WARM_UP, uploads)), AT_ONCE)
        before, files_before = _settled(server), _count(server, "fd")
        tell(f"{len(visits)} visits, {before:.0f} MiB; now the others")
        visits += stream(server.address, range(len(visits), uploads), AT_ONCE)
        after, files_after = _settled(server), _count(server, "fd")
        peak, threads = _memory(server)[0], _count(server, "task")
    return [
        Figure(f"memory held after {min(WARM_UP, uploads)} visits", before, "MiB"),
        Figure(f"memory held after {uploads} visits", after, "MiB"),
        Figure("growth", 100 * (after / before - 1), "%", "(target: at most 5 %)"),
        Figure("peak memory", peak, "MiB"),
        Figure(f"open files after {min(WARM_UP, uploads)} visits", files_before, ""),
        Figure(f"open files after {uploads} visits", files_after, ""),
        Figure("threads in the end", threads, ""),
        Figure("errors", len(errors(visits)), "", "(target: 0)"),
        *times("result", [visit.result.seconds for visit in visits if not visit.error]),
    ]


def leaving(count: int) -> list[Figure]:
    """The memory before, with and after a crowd, and how long a crowd that did not wait keeps the next visitor waiting.

    Streamlit keeps the sessions of closed pages for a while, in case that the line was broken. It forgets them when
    the next visitor leaves, so one more comes and goes.
    """
    kept_s = int(config.get_option("server.disconnectedSessionTTL"))
    with ready() as server:
        figures = [_held("memory held before", server)]
        with crowd(server.address, [picture(number) for number in range(count)]) as visits:
            figures.append(_held(f"memory held with {count} there", server))
        figures.append(_held("memory held when they have left", server))
        tell(f"waiting for {kept_s} s")
        time.sleep(kept_s)
        figures.append(_held(f"memory held {kept_s} s later", server))
        visits += stream(server.address, [count])
        figures.append(_held("memory held when the next visitor has left", server))
        impatient(server.address, [picture(count + number) for number in range(1, count)])
        after = stream(server.address, [-2])
    return [
        *figures,
        Figure("result for the next visitor", visits[-1].result.seconds, "s"),
        Figure(f"the same, {count - 1} having left without waiting", after[0].result.seconds, "s"),
        Figure("errors", len(errors([*visits, *after])), "", "(target: 0)"),
    ]


def errors(visits: Sequence[Visit]) -> list[str]:
    """What went wrong. It is told as well: the figures have its number alone."""
    found = [visit.error for visit in visits if visit.error]
    for error in found:
        tell(f"a visitor met with: {error}")
    return found


def wrong_results(visits: Sequence[Visit], right: Mapping[str, Result]) -> int:
    """How many visitors got something else than ``right`` has for their picture, by its name."""
    return sum(not visit.error and visit.result.value != right[visit.picture.name] for visit in visits)


@contextmanager
def ready() -> Iterator[Server]:
    """A server whose networks are loaded."""
    with serving() as server:
        if wrong := errors(stream(server.address, [-1])):
            _memory(server)  # where the server has died, that is what went wrong
            raise RuntimeError(f"the first visitor met with: {wrong[0]}")
        yield server


@contextmanager
def watching(server: Server) -> Iterator[list[int]]:
    """How many threads the server's process has, looked up again and again as long as the context lasts."""
    counts, over = [_count(server, "task")], Event()

    def watch() -> None:
        while not over.wait(0.05):
            counts.append(_count(server, "task"))

    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield counts
    finally:
        over.set()
        watcher.join()


def _count(server: Server, of: str) -> int:
    """How many threads (``task``) or open files (``fd``) the server's process has; Linux only."""
    return sum(1 for _ in Path(f"/proc/{server.process.pid}/{of}").iterdir())


def times(name: str, seconds: Sequence[float], target: str = "") -> list[Figure]:
    """Median and 95th percentile; none where nobody got so far."""
    if not seconds:
        return []
    half, most = np.percentile(seconds, (50, 95))
    return [Figure(f"{name}, p50", float(half), "s"), Figure(f"{name}, p95", float(most), "s", target)]


def _held(name: str, server: Server) -> Figure:
    return Figure(name, _settled(server), "MiB")


def _settled(server: Server) -> float:
    """MiB that the server holds when nobody has wanted anything for a moment."""
    time.sleep(_SETTLE_S)
    return _memory(server)[1]


def _memory(server: Server) -> tuple[float, float]:
    """As ``Server.memory_mib``, of a server that is still there."""
    if server.process.poll() is not None:
        raise RuntimeError(f"the server has ended by itself, with exit status {server.process.poll()}")
    return server.memory_mib()


if __name__ == "__main__":
    main()
