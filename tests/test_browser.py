"""The running app in a real browser: Debian's chromium, driven by Playwright, against a server of its own."""

from __future__ import annotations

import io
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image

from skinvision.catalogue import DEFAULTS, read_card
from skinvision.phantom import draw
from skinvision.render.overlays import encode_png
from tests.samples import LABELS

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = Path("/usr/bin/chromium")
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no chromium at {CHROMIUM}")

ROOT = Path(__file__).parents[1]
QUIET = ("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync")
START_S = 60
LIMIT_MS = 45_000  # the first analysis waits for the networks to be loaded
BAD = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"not a picture"}


def _lesion(seed: int) -> dict[str, object]:
    return {"name": f"lesion{seed}.png", "mimeType": "image/png", "buffer": encode_png(draw(seed).image)}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server with the shipped configuration and the models of the registry's folder."""
    with _serving({}) as address:
        yield address


@pytest.fixture
def rivals(rival_models: Path) -> Iterator[str]:
    """A server with two tiny models for each task."""
    with _serving({"SKINVISION_WEIGHTS": str(rival_models)}) as address:
        yield address


@contextmanager
def _serving(environment: dict[str, str]) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless", "true"]
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


@pytest.fixture(scope="module")
def browser() -> Iterator[playwright.Browser]:
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=str(CHROMIUM), args=list(QUIET))
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: playwright.Browser) -> Iterator[playwright.Page]:
    """An empty page on a screen of a projector's size. No request of it may go to another host."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(LIMIT_MS)
    hosts: set[str | None] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    page.on("websocket", lambda socket: hosts.add(urlsplit(socket.url).hostname))
    yield page
    page.close()
    assert hosts - {None} == {"localhost"}  # data: and blob: have no host


def _upload(page: playwright.Page, address: str, *files: dict[str, object]) -> None:
    page.goto(address)
    page.locator("input[type=file]").set_input_files(list(files))


def _expect(found: object) -> playwright.LocatorAssertions:
    return playwright.expect(found)


def _heatmap(page: playwright.Page) -> playwright.Locator:
    return page.get_by_role("img", name=re.compile(r"\bGrad-CAM heatmap for"))


def _settled(page: playwright.Page) -> None:
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()


def test_a_page_that_is_opened_first_has_its_frame(page: playwright.Page, address: str) -> None:
    page.goto(f"{address}/evidence")
    _expect(page.get_by_role("heading", name="How good are the models?")).to_be_visible()
    _expect(page.get_by_role("link", name="Analyse")).to_be_visible()
    _expect(page.get_by_text("Teaching only — not a medical device")).to_be_visible()


def test_uploads_are_seen_as_pictures_and_bars_and_a_bad_file_as_a_sentence(
    page: playwright.Page, address: str
) -> None:
    _upload(page, address, _lesion(1), BAD, _lesion(2))
    _expect(page.get_by_text("2 pictures analysed, 1 could not be")).to_be_visible(timeout=LIMIT_MS)
    for name in ("The picture, 600 × 450 pixels", "The lesion mask", "Grad-CAM heatmap for"):
        pictures = page.get_by_role("img", name=name)
        _expect(pictures).to_have_count(2)
        for index in range(2):
            assert pictures.nth(index).evaluate("picture => picture.decode().then(() => picture.naturalWidth)") >= 600
    titles = read_card(DEFAULTS["classification"]).titles
    _expect(page.locator(".js-plotly-plot .bars .point")).to_have_count(2 * len(titles))
    _expect(page.get_by_text("Not analysed: expected a JPEG")).to_be_visible()


def test_class_and_threshold_change_what_is_shown_and_survive_another_page(page: playwright.Page, address: str) -> None:
    _upload(page, address, _lesion(1))
    _expect(_heatmap(page)).to_be_visible(timeout=LIMIT_MS)
    page.get_by_role("combobox", name=re.compile("Class to explain")).click()
    page.get_by_role("option", name="Dermatofibroma").click()
    _expect(page.get_by_role("img", name="Grad-CAM heatmap for Dermatofibroma")).to_be_visible()
    threshold = page.get_by_role("slider", name="Mask threshold")
    before = int(threshold.input_value())
    threshold.press("ArrowRight")
    _settled(page)
    page.get_by_role("link", name="About").click()
    _expect(page.get_by_role("heading", name="How to read a heatmap")).to_be_visible()
    page.get_by_role("link", name="Analyse").click()
    _expect(page.get_by_role("img", name="Grad-CAM heatmap for Dermatofibroma")).to_be_visible()
    _expect(threshold).to_have_value(str(before + 5))


def test_two_networks_are_compared_and_their_cards_open(page: playwright.Page, rivals: str) -> None:
    _upload(page, f"{rivals}/compare", _lesion(1))
    _expect(page.get_by_role("img", name="Grad-CAM heatmap by")).to_have_count(2, timeout=LIMIT_MS)
    _expect(page.get_by_role("img", name="The outlines by UNet and DeepLabV3+")).to_be_visible()
    _expect(page.locator(".js-plotly-plot .bars .point")).to_have_count(2 * len(LABELS))
    page.get_by_role("button", name="Rival", exact=True).click()
    card = page.get_by_text("million parameters").filter(visible=True)
    _expect(card).to_have_count(1)
    page.keyboard.press("Escape")
    _expect(card).to_have_count(0)
    page.get_by_role("combobox", name=re.compile("Class to explain")).click()
    page.get_by_role("option", name="Dermatofibroma").click()
    _expect(page.get_by_role("img", name="Grad-CAM heatmap by Rival for Dermatofibroma")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    _settled(page)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


def test_the_panel_and_the_figures_are_downloaded(page: playwright.Page, address: str) -> None:
    _upload(page, address, _lesion(1))
    _expect(_heatmap(page)).to_be_visible(timeout=LIMIT_MS)
    panel = Image.open(io.BytesIO(_downloaded(page, "Panel as PNG", "lesion1_panel.png")))
    assert (panel.format, panel.width) == ("PNG", 1600)
    figures = json.loads(_downloaded(page, "Figures as JSON", "lesion1.json"))
    assert (figures["source"], figures["status"]) == ("lesion1.png", "ok")
    assert sum(figures["prediction"].values()) == pytest.approx(1, abs=1e-4)


def _downloaded(page: playwright.Page, button: str, name: str) -> bytes:
    with page.expect_download() as started:
        page.get_by_role("button", name=button).click()
    assert started.value.suggested_filename == name
    return started.value.path().read_bytes()


def test_clear_everything_leaves_the_first_page(page: playwright.Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Try a synthetic lesion").click()
    _expect(page.get_by_role("heading", name="Synthetic lesion 1")).to_be_visible()
    page.get_by_role("button", name="Clear everything").click()
    _expect(page.get_by_role("heading", name="Synthetic lesion 1")).to_have_count(0)
    _expect(page.get_by_test_id("stMain").get_by_role("img")).to_have_count(0)  # Plotly keeps one of its own outside


def test_nothing_is_wider_than_a_phone(page: playwright.Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    _upload(page, address, _lesion(1))
    _expect(_heatmap(page)).to_be_visible(timeout=LIMIT_MS)
    for path in ("", "/evidence", "/about"):
        if path:
            page.goto(address + path)
            _expect(page.get_by_role("heading", level=1)).to_be_visible()
        _settled(page)
        assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


@pytest.mark.parametrize("path", ["explain", "believe", "shortcuts"])
def test_no_page_that_looks_into_a_picture_is_wider_than_a_phone(page: playwright.Page, rivals: str, path: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    _upload(page, f"{rivals}/{path}", _lesion(1))
    _expect(_heatmap(page).first).to_be_visible(timeout=LIMIT_MS)
    _settled(page)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


def test_a_slow_method_is_stopped_by_its_button(page: playwright.Page, address: str) -> None:
    _upload(page, f"{address}/explain", _lesion(1))
    _expect(_heatmap(page)).to_be_visible(timeout=LIMIT_MS)
    make = page.get_by_role("button", name="Make it")
    _expect(make).to_have_count(4)
    make.first.click()
    _expect(page.get_by_text(re.compile(r"\d+ of \d+, about \d+ .* left"))).to_be_visible(timeout=LIMIT_MS)
    page.get_by_role("button", name="Stop", exact=True).last.click()
    _settled(page)
    _expect(make).to_have_count(4)


def test_what_is_painted_is_what_the_network_sees(page: playwright.Page, rivals: str) -> None:
    _upload(page, f"{rivals}/shortcuts", _lesion(1))
    page.get_by_text("Paint over it", exact=True).click()
    heatmap = page.get_by_role("img", name="As drawn. Grad-CAM heatmap")
    _expect(heatmap).to_be_visible(timeout=LIMIT_MS)
    _settled(page)
    before = heatmap.get_attribute("src")
    canvas = page.locator(".st-key-canvas canvas").last
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.5 * box["height"], steps=5)
    page.mouse.up()
    _expect(heatmap).not_to_have_attribute("src", before, timeout=LIMIT_MS)
