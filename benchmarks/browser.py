"""The app as a visitor meets it: a server process of its own and a real browser without a window."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.request import urlopen

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from skinvision import phantom
from skinvision.render.overlays import encode_png

ROOT = Path(__file__).parents[1]
START_S = 120
LIMIT_MS = 120_000
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_AS_HERE: Mapping[str, str] = MappingProxyType({})
_QUIET = ("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync")


@dataclass(frozen=True, slots=True)
class Server:
    """A running app; when its process was started and when it answered, by ``time.perf_counter``."""

    address: str
    process: subprocess.Popen[bytes]
    started: float
    listening: float

    def memory_mib(self) -> tuple[float, float]:
        """The most memory that the process ever held, and what it holds now (shared libraries included); Linux only."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        peak, now = (int(status.partition(f"{field}:")[2].split()[0]) / 1024 for field in ("VmHWM", "VmRSS"))
        return peak, now


@contextmanager
def serving(environment: Mapping[str, str] = _AS_HERE, door: str = "asgi.py") -> Iterator[Server]:
    """The app on a free port, answering, with the shipped configuration; stopped at the end.

    Args:
        environment: variables besides those of this process.
        door: the file to start it through.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", door, "--server.headless", "true"]
    command += ["--server.port", str(port)]
    surroundings = os.environ | environment
    started = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, env=surroundings, stdout=subprocess.DEVNULL) as process:
        try:
            _wait_until_healthy(f"http://localhost:{port}/_stcore/health")
            yield Server(f"http://localhost:{port}", process, started, time.perf_counter())
        finally:
            process.terminate()


@contextmanager
def browsing(*flags: str) -> Iterator[Browser]:
    """An installed chromium, or else the one that Playwright brought, with more ``flags``."""
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=BROWSER, args=[*_QUIET, *flags])
        yield chromium
        chromium.close()


def lesion(seed: int) -> dict[str, object]:
    """A synthetic lesion of 450 × 600 px, as a file to upload."""
    data = encode_png(phantom.draw(seed).image)
    return {"name": f"synthetic-lesion-{seed}.png", "mimeType": "image/png", "buffer": data}


def upload(page: Page, *files: dict[str, object]) -> None:
    """Give files to the uploader, and wait until all of them are analysed and everything is drawn."""
    page.locator("input[type=file]").first.set_input_files(list(files))
    heatmaps(page).nth(len(files) - 1).wait_for(timeout=LIMIT_MS)
    settle(page)


def heatmaps(page: Page) -> Locator:
    """The heatmaps on the page."""
    return page.get_by_role("img", name="Grad-CAM heatmap")


def settle(page: Page) -> None:
    """Wait until the script of the page has run to its end."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(timeout=LIMIT_MS)


def _wait_until_healthy(url: str) -> None:
    for _ in range(20 * START_S):
        with suppress(OSError), urlopen(url) as answer:
            if answer.status == 200:
                return
        time.sleep(0.05)
    raise TimeoutError(f"no answer from {url}")
