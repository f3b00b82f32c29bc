"""Every page and view: the guard of ``asgi.py`` breaks nothing, and all people can read and reach what is there.

What is serious is axe-core's word: a rule that keeps people from the content. https://github.com/dequelabs/axe-core
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.browsing import (
    BAD,
    Heard,
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

axe = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
pytestmark = needs_chromium

AXE = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
SCREENS: list[tuple[int, Literal["light", "dark"]]] = [(1440, "light"), (390, "dark")]
LIMIT_MS = 240_000  # also where other programs keep the cores busy
HEATMAP = re.compile("heatmap")


class View(NamedTuple):
    """A page, what is pressed there to see the view, and whether that is a picture or a chart."""

    page: str
    press: str | None
    shows: Literal["heatmap", "chart", "text"]


VIEWS = [
    View("Analyse", None, "heatmap"),
    View("Compare", None, "heatmap"),
    View("Explain", "Methods", "heatmap"),
    View("Explain", "Through the network", "heatmap"),
    View("Explain", "How a Grad-CAM is made", "chart"),
    View("Believe it?", "Your picture", "heatmap"),
    View("Believe it?", "Where the truth is known", "chart"),
    View("Shortcuts", "Take it apart", "heatmap"),
    View("Shortcuts", "Add an artefact", "heatmap"),
    View("Shortcuts", "Paint over it", "heatmap"),
    View("Evidence", "All models", "chart"),
    View("Evidence", "One model", "chart"),
    View("Evidence", "Experiments", "chart"),
    View("About", None, "text"),
]


class Visit(NamedTuple):
    """An open page, and what is heard of it."""

    page: playwright.Page
    heard: Heard


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving() as server:
        yield server.address


@pytest.fixture(scope="module")
def visit(browser: playwright.Browser, address: str) -> Iterator[Visit]:
    """One visitor for all tests, who has brought a lesion and a file that is none."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(LIMIT_MS)
    heard = Heard.on(page)
    upload(page, address, lesion(1), BAD)
    heatmap(page).wait_for()
    yield Visit(page, heard)
    page.close()


@pytest.fixture(autouse=True)
def nothing_is_heard(visit: Visit) -> Iterator[None]:
    """No test may make the page complain, or ask another host."""
    visit.heard.complaints.clear()
    yield
    assert visit.heard.hosts - {None} == {"localhost"}
    assert visit.heard.complaints == []


def test_the_server_itself_is_guarded(address: str) -> None:
    """What ``st.App`` puts around Streamlit's own answers, the routes of this version of Streamlit among them."""
    with urlopen(address) as answer:
        headers = answer.headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    with pytest.raises(HTTPError, match="404"):
        urlopen(f"{address}/_stcore/metrics")
    with serving(door="streamlit_app.py") as plain, urlopen(f"{plain.address}/_stcore/metrics") as answer:
        assert answer.status == 200, "it is there, where nobody hides it"


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: f"{view.page}, {view.press}" if view.press else view.page)
def test_nobody_is_kept_from_what_is_there(visit: Visit, view: View) -> None:
    page = visit.page
    _go(page, view)
    assert _all_problems(page) == []


def test_nobody_is_kept_from_the_first_page(browser: playwright.Browser, address: str) -> None:
    with opened(browser) as page:
        page.goto(address)
        expect(page.get_by_role("button", name="Try a synthetic lesion")).to_be_visible()
        assert _all_problems(page) == []


def test_nobody_is_kept_from_a_verdict(browser: playwright.Browser, rival_models: Path) -> None:
    with serving({"SKINVISION_WEIGHTS": str(rival_models)}) as server, opened(browser) as page:
        page.set_default_timeout(LIMIT_MS)
        upload(page, f"{server.address}/believe", lesion(1))
        page.get_by_role("button", name="Put it to the test").click()
        page.locator(".js-plotly-plot").first.wait_for()
        settle(page)
        assert _all_problems(page) == []


_PAGES = ("Analyse", "Compare", "Explain", "Believe it?", "Shortcuts", "Evidence", "About")
_WAYS_IN = ("Try a synthetic lesion", "Clear everything")
_FOLDED = ("Bring a picture", "Clear everything")
_CONTROLS = {
    VIEWS[0]: (
        *_WAYS_IN,
        *("Class to explain", "Stage of the network", "Overlay opacity", "Mask threshold", "Models"),
        *("Panel as PNG", "Figures as JSON", "Remove"),
    ),
    View("Compare", None, "heatmap"): (*_FOLDED, "Networks that name the disease", "Class to explain"),
    View("Explain", "Methods", "heatmap"): (*_FOLDED, "Class to explain", "Stage of the network", "Make it"),
    View("Believe it?", "Your picture", "heatmap"): (*_FOLDED, "Method", "Put it to the test"),
    View("Believe it?", "Where the truth is known", "chart"): ("What decides", "Another lesion"),
    View("Shortcuts", "Add an artefact", "heatmap"): (*_FOLDED, "What is added or done", "How strongly"),
    View("Evidence", "One model", "chart"): ("Model",),
}


@pytest.mark.parametrize(("view", "controls"), _CONTROLS.items(), ids=lambda each: getattr(each, "page", ""))
def test_keys_alone_reach_everything(visit: Visit, view: View, controls: tuple[str, ...]) -> None:
    page = visit.page
    _go(page, view)
    page.evaluate("document.activeElement.blur()")
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(_FOCUSED))
    if "Try a synthetic lesion" in controls:  # the uploader's own button beside it, before and after its first file
        assert any("Upload" in each or "Add files" in each for each in reached)
    assert [name for name in (*_PAGES, *controls) if not any(name in each for each in reached)] == []


_FOCUSED = """() => {
    const it = document.activeElement
    return [it.getAttribute("aria-label"), it.innerText, it.title].filter(Boolean).join(" ")
}"""


def test_a_photo_by_the_camera_gets_through(visit: Visit) -> None:
    page = visit.page
    _go(page, VIEWS[0])
    page.get_by_role("tab", name="Camera").click()
    expect(page.locator("video")).to_have_js_property("readyState", 4, timeout=LIMIT_MS)  # the camera has begun
    page.get_by_role("button", name="Take Photo").click()
    expect(page.get_by_role("heading", name="Camera photo 1")).to_be_visible(timeout=LIMIT_MS)
    page.get_by_role("tab", name="Pictures").click()
    settle(page)


def test_what_is_painted_and_what_is_saved_gets_through(visit: Visit) -> None:
    page = visit.page
    _go(page, View("Shortcuts", "Paint over it", "heatmap"))
    drawn = page.get_by_role("img", name="As drawn. Grad-CAM heatmap")
    before = drawn.get_attribute("src")
    paint(page)
    expect(drawn).not_to_have_attribute("src", before, timeout=LIMIT_MS)
    _go(page, VIEWS[0])
    with page.expect_download() as started:
        page.get_by_role("button", name="Figures as JSON").first.click()
    assert json.loads(started.value.path().read_bytes())["status"] == "ok"


def _go(page: playwright.Page, view: View) -> None:
    """Show the view at its place on a large screen, drawn to its end."""
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("link", name=view.page, exact=True).click()
    if view.press:
        page.get_by_role("button", name=view.press).or_(page.get_by_role("radio", name=view.press)).first.click()
    if view.shows == "heatmap":
        page.get_by_role("img", name=HEATMAP).first.wait_for()
    if view.shows == "chart":
        page.locator(".js-plotly-plot").first.wait_for()
    settle(page)


def _all_problems(page: playwright.Page) -> list[str]:
    return [problem for width, scheme in SCREENS for problem in _problems(page, width, scheme)]


def _problems(page: playwright.Page, width: int, scheme: Literal["light", "dark"]) -> list[str]:
    """What axe-core finds serious or critical on a screen of that width."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.wait_for_timeout(500)  # until colours have faded into each other
    page.get_by_test_id("stStatusWidget").wait_for(state="detached")  # Streamlit's sign that it runs fades late
    page.evaluate(AXE)
    violations: list[dict[str, Any]] = page.evaluate("axe.run().then(result => result.violations)")
    return [
        f"{width} px, {scheme}: {violation['id']}: {node['html'][:200]} {node['any'][:1]}"
        for violation in violations
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
