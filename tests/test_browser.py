"""The running app in a real browser: chromium, driven by Playwright, against a server of its own."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from skinvision.catalogue import DEFAULTS, read_card
from tests.browsing import (
    BAD,
    LIMIT_MS,
    expect,
    heatmap,
    lesion,
    needs_chromium,
    opened,
    paint,
    playwright,
    serving,
    settle,
    upload,
)
from tests.samples import LABELS

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server with the shipped configuration and the models of the registry's folder."""
    with serving() as server:
        yield server.address


@pytest.fixture
def rivals(rival_models: Path) -> Iterator[str]:
    """A server with two tiny models for each task."""
    with serving({"SKINVISION_WEIGHTS": str(rival_models)}) as server:
        yield server.address


@pytest.fixture
def page(browser: playwright.Browser) -> Iterator[playwright.Page]:
    with opened(browser) as page:
        yield page


def test_a_page_that_is_opened_first_has_its_frame(page: playwright.Page, address: str) -> None:
    page.goto(f"{address}/evidence")
    expect(page.get_by_role("heading", name="How good are the models?")).to_be_visible()
    expect(page.get_by_role("link", name="Analyse")).to_be_visible()
    expect(page.get_by_text("Teaching only — not a medical device")).to_be_visible()


def test_uploads_are_seen_as_pictures_and_bars_and_a_bad_file_as_a_sentence(
    page: playwright.Page, address: str
) -> None:
    upload(page, address, lesion(1), BAD, lesion(2))
    expect(page.get_by_text("2 pictures analysed, 1 could not be")).to_be_visible(timeout=LIMIT_MS)
    for name in ("The picture, 600 × 450 pixels", "The lesion mask", "Grad-CAM heatmap for"):
        pictures = page.get_by_role("img", name=name)
        expect(pictures).to_have_count(2)
        for index in range(2):
            assert pictures.nth(index).evaluate("picture => picture.decode().then(() => picture.naturalWidth)") >= 600
    titles = read_card(DEFAULTS["classification"]).titles
    expect(page.locator(".js-plotly-plot .bars .point")).to_have_count(2 * len(titles))
    expect(page.get_by_text("Not analysed: expected a JPEG")).to_be_visible()


def test_class_and_threshold_change_what_is_shown_and_survive_another_page(page: playwright.Page, address: str) -> None:
    upload(page, address, lesion(1))
    expect(heatmap(page)).to_be_visible(timeout=LIMIT_MS)
    page.get_by_role("combobox", name=re.compile("Class to explain")).click()
    page.get_by_role("option", name="Dermatofibroma").click()
    expect(page.get_by_role("img", name="Grad-CAM heatmap for Dermatofibroma")).to_be_visible()
    threshold = page.get_by_role("slider", name="Mask threshold")
    before = int(threshold.input_value())
    threshold.press("ArrowRight")
    settle(page)
    page.get_by_role("link", name="About").click()
    expect(page.get_by_role("heading", name="How to read a heatmap")).to_be_visible()
    page.get_by_role("link", name="Analyse").click()
    expect(page.get_by_role("img", name="Grad-CAM heatmap for Dermatofibroma")).to_be_visible()
    expect(threshold).to_have_value(str(before + 5))


def test_two_networks_are_compared_and_their_cards_open(page: playwright.Page, rivals: str) -> None:
    upload(page, f"{rivals}/compare", lesion(1))
    expect(page.get_by_role("img", name="Grad-CAM heatmap by")).to_have_count(2, timeout=LIMIT_MS)
    expect(page.get_by_role("img", name="The outlines by UNet and DeepLabV3+")).to_be_visible()
    expect(page.locator(".js-plotly-plot .bars .point")).to_have_count(2 * len(LABELS))
    page.get_by_role("button", name="Rival", exact=True).click()
    card = page.get_by_text("million parameters").filter(visible=True)
    expect(card).to_have_count(1)
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    page.get_by_role("combobox", name=re.compile("Class to explain")).click()
    page.get_by_role("option", name="Dermatofibroma").click()
    expect(page.get_by_role("img", name="Grad-CAM heatmap by Rival for Dermatofibroma")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    settle(page)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


def test_the_panel_and_the_figures_are_downloaded(page: playwright.Page, address: str) -> None:
    upload(page, address, lesion(1))
    expect(heatmap(page)).to_be_visible(timeout=LIMIT_MS)
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


def test_many_uploads_are_stopped_and_gone_on_with(page: playwright.Page, address: str) -> None:
    upload(page, address, *(lesion(seed) for seed in range(30)))
    page.get_by_test_id("stMain").get_by_role("button", name="Stop", exact=True).click()  # Streamlit has one above
    expect(page.get_by_text(re.compile(r"\d+ pictures? analysed, \d+ not yet"))).to_be_visible()
    page.get_by_test_id("stPagination").get_by_role("button", name="3").click()  # where the last ones are
    expect(page.get_by_text("Not analysed yet.").first).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("30 pictures analysed")).to_be_visible(timeout=LIMIT_MS)
    expect(page.get_by_text("Not analysed yet.")).to_have_count(0)


def test_clear_everything_leaves_the_first_page(page: playwright.Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Try a synthetic lesion").click()
    expect(page.get_by_role("heading", name="Synthetic lesion 1")).to_be_visible()
    page.get_by_role("button", name="Clear everything").click()
    expect(page.get_by_role("heading", name="Synthetic lesion 1")).to_have_count(0)
    expect(page.get_by_test_id("stMain").get_by_role("img")).to_have_count(0)  # Plotly keeps one of its own outside


def test_nothing_is_wider_than_a_phone(page: playwright.Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    upload(page, address, lesion(1))
    expect(heatmap(page)).to_be_visible(timeout=LIMIT_MS)
    for path in ("", "/evidence", "/about"):
        if path:
            page.goto(address + path)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
        settle(page)
        assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


@pytest.mark.parametrize("path", ["explain", "believe", "shortcuts"])
def test_no_page_that_looks_into_a_picture_is_wider_than_a_phone(page: playwright.Page, rivals: str, path: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    upload(page, f"{rivals}/{path}", lesion(1))
    expect(heatmap(page).first).to_be_visible(timeout=LIMIT_MS)
    settle(page)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


def test_a_slow_method_is_stopped_by_its_button(page: playwright.Page, address: str) -> None:
    upload(page, f"{address}/explain", lesion(1))
    expect(heatmap(page)).to_be_visible(timeout=LIMIT_MS)
    make = page.get_by_role("button", name="Make it")
    expect(make).to_have_count(4)
    make.first.click()
    expect(page.get_by_text(re.compile(r"\d+ of \d+, about \d+ .* left"))).to_be_visible(timeout=LIMIT_MS)
    page.get_by_role("button", name="Stop", exact=True).last.click()
    settle(page)
    expect(make).to_have_count(4)


def test_a_drawn_outline_holds_in_the_other_views(page: playwright.Page, address: str) -> None:
    upload(page, f"{address}/shortcuts", lesion(1))
    moved = page.get_by_role("img", name="Lesion only. The picture")
    expect(moved).to_be_visible(timeout=LIMIT_MS)
    before = moved.get_attribute("src")
    page.get_by_text("Paint over it", exact=True).click()
    expect(page.get_by_role("img", name="As drawn. Grad-CAM heatmap")).to_be_visible(timeout=LIMIT_MS)
    settle(page)
    page.get_by_role("combobox", name="The brush").click()
    page.get_by_role("option", name="Take from the lesion").click()
    keep = page.get_by_role("button", name="Use this outline")
    expect(keep).to_be_disabled(timeout=LIMIT_MS)
    settle(page)
    paint(page)
    expect(keep).to_be_enabled(timeout=LIMIT_MS)
    keep.click()
    expect(page.get_by_text("The outline of the lesion is the one that you drew.")).to_be_visible(timeout=LIMIT_MS)
    expect(keep).to_be_disabled(timeout=LIMIT_MS)
    page.get_by_text("Take it apart", exact=True).click()
    expect(moved).not_to_have_attribute("src", before, timeout=LIMIT_MS)


def test_what_is_painted_is_what_the_network_sees(page: playwright.Page, rivals: str) -> None:
    upload(page, f"{rivals}/shortcuts", lesion(1))
    page.get_by_text("Paint over it", exact=True).click()
    heatmap = page.get_by_role("img", name="As drawn. Grad-CAM heatmap")
    expect(heatmap).to_be_visible(timeout=LIMIT_MS)
    settle(page)
    before = heatmap.get_attribute("src")
    paint(page)
    expect(heatmap).not_to_have_attribute("src", before, timeout=LIMIT_MS)
