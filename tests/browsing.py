"""What the tests in a real browser share: a server of their own, Debian's chromium, and what a visitor does there."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from skinvision.phantom import draw
from skinvision.render.overlays import encode_png

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = Path("/usr/bin/chromium")
needs_chromium = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no chromium at {CHROMIUM}")
ROOT = Path(__file__).parents[1]
START_S = 60
LIMIT_MS = 45_000  # the first analysis waits for the networks to be loaded
BAD = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"not a picture"}
_FLAGS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",  # a camera that shows a moving pattern
    "--use-fake-ui-for-media-stream",  # and nobody to ask whether it may be used
)
_REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", event =>
    console.error(`${event.effectiveDirective} forbids ${event.blockedURI} in ${event.sourceFile}`))
"""


@contextmanager
def launched() -> Iterator[playwright.Browser]:
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=str(CHROMIUM), args=list(_FLAGS))
        yield chromium
        chromium.close()


@contextmanager
def serving(environment: dict[str, str], door: str = "streamlit_app.py") -> Iterator[str]:
    """The address of the app, started through the file ``door`` with the shipped configuration."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", door, "--server.headless", "true"]
    command += ["--server.port", str(port)]
    surroundings = os.environ | environment
    with subprocess.Popen(command, cwd=ROOT, env=surroundings, stdout=subprocess.DEVNULL) as server:
        try:
            _wait_until_healthy(f"http://localhost:{port}/_stcore/health")
            yield f"http://localhost:{port}"
        finally:
            server.terminate()


def _wait_until_healthy(url: str) -> None:
    for _ in range(10 * START_S):
        with suppress(OSError), urllib.request.urlopen(url) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    pytest.fail(f"no answer from {url}")


@dataclass
class Heard:
    """What a page asked for and complained of since it was opened.

    Attributes:
        hosts: that it asked; data: and blob: addresses have none.
        complaints: errors and warnings on its console, those of its content security policy among them.
    """

    hosts: set[str | None] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def on(cls, page: playwright.Page) -> Heard:
        heard = cls()
        page.on("request", lambda request: heard.hosts.add(urlsplit(request.url).hostname))
        page.on("websocket", lambda socket: heard.hosts.add(urlsplit(socket.url).hostname))
        page.on("console", heard._console)
        page.on("pageerror", lambda error: heard.complaints.append(str(error)))
        page.add_init_script(_REPORT_VIOLATIONS)
        return heard

    def _console(self, message: playwright.ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text[:300])


@contextmanager
def opened(browser: playwright.Browser) -> Iterator[playwright.Page]:
    """An empty page on a screen of a projector's size. No request of it may go to another host."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(LIMIT_MS)
    heard = Heard.on(page)
    yield page
    page.close()
    assert heard.hosts - {None} == {"localhost"}


def lesion(seed: int) -> dict[str, object]:
    return {"name": f"lesion{seed}.png", "mimeType": "image/png", "buffer": encode_png(draw(seed).image)}


def upload(page: playwright.Page, address: str, *files: dict[str, object]) -> None:
    page.goto(address)
    page.locator("input[type=file]").set_input_files(list(files))


def expect(found: object) -> playwright.LocatorAssertions:
    return playwright.expect(found)


def heatmap(page: playwright.Page) -> playwright.Locator:
    return page.get_by_role("img", name=re.compile(r"\bGrad-CAM heatmap for"))


def settled(page: playwright.Page) -> None:
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
