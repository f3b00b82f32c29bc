"""Take the README's screenshots: start the app, upload synthetic lesions, and save the pages as PNG files."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image
from playwright.sync_api import Browser

from benchmarks.browser import LIMIT_MS, Server, browsing, lesion, serving, settle, upload

FOLDER = Path(__file__).parent / "screenshots"
MAX_BYTES = 400_000
_SEEDS = (3, 8)
_LESIONS = {"": _SEEDS} | dict.fromkeys(
    ("compare", "explain", "believe", "shortcuts"), _SEEDS[:1]
)  # by path of the page
_DRAWN_MS = 1500  # charts and transitions come to rest


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture to take: of which page, on which screen (CSS px, and device px for each), from which heading on.

    ``press`` is the name of a button whose work is to be seen, ``view`` one of the page's views that needs no upload.
    """

    name: str
    path: str
    size: tuple[int, int]
    scheme: Literal["light", "dark"]
    density: int = 1
    heading: str = ""
    press: str = ""
    view: str = ""


_SCREEN, _LONG, _PHONE = (1440, 1080), (1440, 1600), (390, 844)
SHOTS = (
    Shot("analyse-light", "", _SCREEN, "light"),
    Shot("analyse-dark", "", _SCREEN, "dark"),
    Shot("analyse-phone", "", _PHONE, "light", density=2, heading=f"synthetic-lesion-{_SEEDS[0]}.png"),
    Shot("compare-light", "compare", _SCREEN, "light"),
    Shot("explain-light", "explain", _LONG, "light"),
    Shot("believe-light", "believe", _LONG, "light", press="Put it to the test"),
    Shot("known-truth-light", "believe", _LONG, "light", view="Where the truth is known"),
    Shot("shortcuts-light", "shortcuts", _LONG, "light"),
    Shot("evidence-light", "evidence", _SCREEN, "light"),
    Shot("about-light", "about", _SCREEN, "light"),
)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with serving() as server, browsing() as browser:
        for shot in SHOTS:
            data = compressed(take(browser, server, shot))
            (FOLDER / f"{shot.name}.png").write_bytes(data)
            print(f"{shot.name}.png: {len(data) / 1000:.0f} kB")


def take(browser: Browser, server: Server, shot: Shot) -> bytes:
    """What is on the screen, as PNG; the first page shows the results of two lesions, Compare that of one."""
    width, height = shot.size
    with browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=shot.scheme, device_scale_factor=shot.density
    ) as context:
        page = context.new_page()
        page.set_default_timeout(LIMIT_MS)
        page.goto(f"{server.address}/{shot.path}")
        page.get_by_role("heading", level=1).wait_for()
        settle(page)
        if shot.view:
            page.get_by_text(shot.view, exact=True).click()
            page.get_by_role("img", name="heatmap").first.wait_for()
            settle(page)
        elif shot.path in _LESIONS:
            upload(page, *(lesion(seed) for seed in _LESIONS[shot.path]))
        if shot.press:
            page.get_by_role("button", name=shot.press).click()
            page.get_by_role("button", name=shot.press).wait_for(state="detached")
            settle(page)
        if shot.heading:
            heading = page.get_by_role("heading", name=shot.heading)
            heading.evaluate("heading => { heading.style.scrollMarginTop = '5rem'; heading.scrollIntoView(); }")
        page.wait_for_function("() => !document.querySelector('[data-testid=stSkeleton]')")  # what is loaded late
        page.wait_for_timeout(_DRAWN_MS)
        return page.screenshot(animations="disabled")


def compressed(png: bytes) -> bytes:
    """The same picture in as many levels per channel as ``MAX_BYTES`` allow; black and white stay what they are."""
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), np.float32) / 255
    for levels in (64, 32, 16):
        coarse = np.rint(np.rint(pixels * (levels - 1)) / (levels - 1) * 255).astype(np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(coarse).save(buffer, "PNG", optimize=True)
        if buffer.tell() <= MAX_BYTES:
            return buffer.getvalue()
    raise ValueError(f"expected at most {MAX_BYTES} bytes, got {buffer.tell()} with 16 levels; take a smaller screen")


if __name__ == "__main__":
    main()
