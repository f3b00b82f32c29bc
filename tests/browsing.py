"""What the tests in a real browser share: a server of their own, chromium, and what a visitor does there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

from skinvision.phantom import draw
from skinvision.render.overlays import encode_png

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from benchmarks.browser import BROWSER, browsing, serving, settle  # noqa: E402  (they need playwright)

__all__ = ("serving", "settle")  # from the benchmarks, besides what is here
needs_chromium = pytest.mark.skipif(not BROWSER, reason="there is no chromium")
LIMIT_MS = 45_000  # the first analysis waits for the networks to be loaded
BAD = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"not a picture"}
_A_CAMERA = (
    "--use-fake-device-for-media-stream",  # that shows a moving pattern
    "--use-fake-ui-for-media-stream",  # and nobody to ask whether it may be used
)
_REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", event =>
    console.error(`${event.effectiveDirective} forbids ${event.blockedURI} in ${event.sourceFile}`))
"""


def launched() -> AbstractContextManager[playwright.Browser]:
    return browsing(*_A_CAMERA)


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
            self.complaints.append(f"{message.text[:300]} ({message.location['url']})")


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


def paint(page: playwright.Page) -> None:
    """One stroke from left to right through the middle of the canvas."""
    canvas = page.locator(".st-key-canvas canvas").last
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.5 * box["height"], steps=5)
    page.mouse.up()
