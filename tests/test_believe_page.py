"""The page Believe it?, run by Streamlit's own test runner, with tiny models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from skinvision.faithfulness import HEADLINES
from tests.pages import NOT_A_PICTURE, alts, bring, checked, click, lesion, models_in, opened, select, uploads

pytestmark = pytest.mark.filterwarnings("ignore:__array_wrap__ must accept context:DeprecationWarning")  # of grad-cam


@pytest.fixture(scope="module", autouse=True)
def _tiny(tiny_models: Path) -> Iterator[None]:
    """All pages of this module find the tiny models, and what they loaded goes when it ends."""
    with models_in(tiny_models):
        yield


@pytest.fixture
def app() -> AppTest:
    return opened("believe.py")


def _said(app: AppTest) -> str:
    boxes = (*app.info, *app.warning, *app.error)
    return " ".join(line.value.replace("\\", "") for line in (*app.markdown, *app.caption, *boxes))


def _charts(app: AppTest) -> list[str]:
    return [chart.proto.alt.split(".")[0] for chart in app.get("plotly_chart")]


def test_the_page_begins_with_the_ways_in_alone(app: AppTest) -> None:
    assert app.title[0].value == "Believe it?"
    assert not app.selectbox


def test_a_map_is_shown_and_tested_when_asked(app: AppTest) -> None:
    bring(app, lesion(1))
    assert len(alts(app, "Grad-CAM heatmap for ")) == 1
    assert not _charts(app)
    click(app, "Put it to the test")
    said = _said(app)
    assert any(headline in said for headline in HEADLINES.values())
    for measure in (
        "Compared with chance",
        "Compared with a blob in the middle",
        "ROAD",
        "Randomisation",
        "Stability",
        "Inside the lesion",
    ):
        assert f"**{measure}**" in said
    assert _charts(app) == [
        "Areas under deletion and insertion",
        "Rank correlation as the network forgets",
        "Largest relative change of the map",
    ]
    assert "Not believable: the map hardly changes" in said


def test_what_was_tested_is_not_tested_again(app: AppTest) -> None:
    bring(app, lesion(1))
    click(app, "Put it to the test")
    (upload,) = uploads(app)
    ((asked, findings),) = upload.findings.items()
    checked(app.switch_page("pages/about.py").run())
    checked(app.switch_page("pages/believe.py").run())
    assert upload.findings[asked] is findings
    assert len(_charts(app)) == 3


def test_a_second_method_takes_the_references_of_the_first(app: AppTest) -> None:
    bring(app, lesion(1))
    click(app, "Put it to the test")
    select(app, "Method", "layercam")
    assert not _charts(app)
    click(app, "Put it to the test")
    (upload,) = uploads(app)
    first, second = upload.findings.values()
    assert second.compared.references is first.compared.references


def test_another_class_has_references_of_its_own(app: AppTest) -> None:
    bring(app, lesion(1))
    select(app, "Class to explain", "mel")
    click(app, "Put it to the test")
    select(app, "Class to explain", "bcc")
    click(app, "Put it to the test")
    (upload,) = uploads(app)
    first, second = upload.findings.values()
    assert second.compared.references is not first.compared.references


def test_a_slow_method_says_what_is_left_out(app: AppTest) -> None:
    bring(app, lesion(1))
    select(app, "Method", "ablation-cam")
    assert "This map is slow" in _said(app)
    assert not alts(app, "Ablation-CAM heatmap")
    click(app, "Put it to the test")
    assert "Randomisation, stability and the map of another class were left out" in _said(app)
    assert _charts(app) == ["Areas under deletion and insertion"]
    assert alts(app, "Ablation-CAM heatmap")
    click(app, "Measure them too")
    assert "Randomisation, stability and the map of another class were left out" not in _said(app)
    assert len(_charts(app)) == 3
    assert "Measure them too" not in [button.label for button in app.button]


def test_a_file_that_is_no_picture_gets_its_sentence(app: AppTest) -> None:
    bring(app, NOT_A_PICTURE)
    assert app.error[0].value.startswith("Not analysed: ")
    assert "Put it to the test" not in [button.label for button in app.button]


def test_what_needs_no_outline_is_shown_without_one() -> None:
    def page() -> None:
        from skinvision.faithfulness import Findings, Road
        from skinvision.ui import trial_view

        trial_view._measures(Findings(road=Road(0.9, (0.5,), (0.8,))), None, "")

    app = checked(AppTest.from_function(page).run())
    assert [title.value for title in app.subheader] == ["Evidence inside the lesion", "Remove and debias (ROAD)"]
    assert [metric.value for metric in app.metric] == ["90 %", "50 %", "80 %"]
