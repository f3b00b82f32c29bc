"""The app: how soon it is there, what moving the opacity costs, and how much memory sessions take.

Times in the browser run from the click or key to the finished page, with everything between: browser, socket, script.
The script alone is timed by Streamlit's test runner, in this process, where calls of any network can be counted.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise

import torch
from playwright.sync_api import Browser, Page
from streamlit.testing.v1 import AppTest

from benchmarks.browser import LIMIT_MS, ROOT, Server, browsing, heatmaps, lesion, serving, settle, upload
from benchmarks.measure import Figure, options, show

SESSIONS = 10
_LATER_S = 5  # after the server listens: how soon somebody may have read its address and opened it
_TO_PAGE, _TO_RESULT = "listening to first page", "first page to first result"
_TO_RESULT_LATER = f"the same, opened {_LATER_S} s later"
_WANTED = {_TO_PAGE: "(target: at most 2)", _TO_RESULT: "(target: at most 4)"}


def main() -> None:
    more = {"--starts": {"type": int, "default": 3, "help": "how often the app is started (default: 3)"}}
    chosen = options(__doc__, rounds=15, more=more)
    with browsing() as browser:
        figures = starts(browser, chosen.starts)
        with serving() as server:
            figures += one_session(browser, server, chosen.rounds)
            figures += more_sessions(browser, server)
    show("The app", [*figures, *script(chosen.rounds)], chosen.json)


def starts(browser: Browser, count: int) -> list[Figure]:
    """Seconds until the server listens, from then to the first page, and on to the result of a click made there.

    The latter once more for a visitor who comes later, when the server has begun by itself to load the networks.
    """
    taken: dict[str, list[float]] = {"process start to listening": [], _TO_PAGE: [], _TO_RESULT: []}
    later: list[float] = []
    for _ in range(count):
        with serving() as server, _visit(browser, server) as page:
            moments = [server.started, server.listening, time.perf_counter(), _first_result(page)]
            for lasting, (before, after) in zip(taken.values(), pairwise(moments), strict=True):
                lasting.append(after - before)
        with serving() as server:
            time.sleep(_LATER_S)
            with _visit(browser, server) as page:
                drawn = time.perf_counter()
                later.append(_first_result(page) - drawn)
    taken[_TO_RESULT_LATER] = later
    return [
        Figure(f"{name}, median", statistics.median(each), "s", _WANTED.get(name, "")) for name, each in taken.items()
    ]


def _first_result(page: Page) -> float:
    """Ask for a synthetic lesion; when its heatmap is there."""
    page.get_by_role("button", name="Try a synthetic lesion").click()
    heatmaps(page).wait_for(timeout=LIMIT_MS)
    return time.perf_counter()


def one_session(browser: Browser, server: Server, rounds: int) -> list[Figure]:
    """One visitor with one picture: the time of a move of the opacity, and the memory."""
    with _visit(browser, server) as page:
        upload(page, lesion(1))
        taken = [_move(page, "ArrowRight" if number % 2 else "ArrowLeft") for number in range(rounds + 1)][1:]
        return [
            Figure("opacity moved, in the browser, median", statistics.median(taken) * 1000, "ms"),
            *_memory(server, "1 session"),
        ]


def more_sessions(browser: Browser, server: Server) -> list[Figure]:
    """Visitors who are there at the same time, each with a picture of their own."""
    with ExitStack() as visits:
        pages = [visits.enter_context(_visit(browser, server)) for _ in range(SESSIONS)]
        for seed, page in enumerate(pages):
            page.locator("input[type=file]").first.set_input_files([lesion(seed)])
        for page in pages:
            heatmaps(page).wait_for(timeout=LIMIT_MS)
        return _memory(server, f"{SESSIONS} sessions")


def script(rounds: int) -> list[Figure]:
    """A run of the page's script after a move of the opacity, and how many modules of any network it called."""
    calls = []
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120).run()
    with torch.nn.modules.module.register_module_forward_pre_hook(lambda module, _: calls.append(type(module))):
        name, kind, data = (lesion(1)[part] for part in ("name", "mimeType", "buffer"))
        app.file_uploader[0].set_value([(name, data, kind)]).run()
        first, taken = len(calls), []
        for number in range(rounds + 1):
            slider = next(slider for slider in app.slider if slider.label == "Overlay opacity")
            started = time.perf_counter()
            slider.set_value(40 + 5 * (number % 2)).run()
            taken.append((time.perf_counter() - started) * 1000)
    if not first:
        raise AssertionError("expected the first result to call a network; the counter is broken")
    return [
        Figure("opacity moved, script alone, median", statistics.median(taken[1:]), "ms"),
        Figure("network modules called by the first result", first, ""),
        Figure(f"network modules called by {rounds + 1} moves", len(calls) - first, "", "(target: 0)"),
    ]


def _memory(server: Server, when: str) -> list[Figure]:
    peak, now = server.memory_mib()
    return [Figure(f"peak memory, {when}", peak, "MiB"), Figure(f"memory held, {when}", now, "MiB")]


@contextmanager
def _visit(browser: Browser, server: Server) -> Iterator[Page]:
    """The first page, drawn, in a session of its own."""
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        page.set_default_timeout(LIMIT_MS)
        page.goto(server.address)
        page.get_by_role("heading", level=1).wait_for()
        yield page


def _move(page: Page, key: str) -> float:
    """Seconds from a key on the opacity's slider to the new heatmap on the screen."""
    before = heatmaps(page).get_attribute("src")
    started = time.perf_counter()
    page.get_by_role("slider", name="Overlay opacity").press(key)
    page.wait_for_function(
        """before => {
            const heatmap = document.querySelector('img[alt^="Grad-CAM heatmap"]');
            return heatmap && heatmap.getAttribute("src") !== before && heatmap.complete;
        }""",
        arg=before,
    )
    taken = time.perf_counter() - started
    settle(page)
    return taken


if __name__ == "__main__":
    main()
