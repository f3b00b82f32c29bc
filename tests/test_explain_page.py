"""The Explain page, run by Streamlit's own test runner, with tiny models."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from skinvision.card import Speed
from skinvision.methods import METHODS
from skinvision.ui.session import Upload, Wanted
from skinvision.ui.subject import Subject
from tests.pages import NOT_A_PICTURE, alts, bring, checked, click, lesion, models_in, opened, select, uploads
from tests.samples import sample_analysis
from tests.tiny import save_tiny

QUICK = [method.title for method in METHODS.values() if not method.is_slow]
SLOW = [method for method in METHODS.values() if method.is_slow]


@pytest.fixture(scope="module", autouse=True)
def _tiny(tiny_models: Path) -> Iterator[None]:
    """All pages of this module find the tiny models, and what they loaded goes when it ends."""
    with models_in(tiny_models):
        yield


@pytest.fixture
def app() -> AppTest:
    return opened("explain.py")


def _view(app: AppTest, name: str) -> AppTest:
    app.get("button_group")[-1].set_value(name)
    return checked(app.run())


def _said(app: AppTest) -> str:
    return " ".join(line.value.replace("\\", "") for line in (*app.markdown, *app.caption))


def _drawn(app: AppTest) -> list[str]:
    return [alt for alt in alts(app, "") if " heatmap for " in alt]


def _press(app: AppTest, title: str) -> AppTest:
    """Ask for the slow method with this title; its button stands in the order of the methods."""
    waiting = [each.title for each in SLOW if not any(alt.startswith(f"{each.title} heatmap") for alt in _drawn(app))]
    [button for button in app.button if button.label == "Make it"][waiting.index(title)].click()
    return checked(app.run())


def test_the_page_begins_with_the_ways_in_alone(app: AppTest) -> None:
    assert app.title[0].value == "Look inside one picture"
    assert len(app.file_uploader) == 1
    assert not app.selectbox


def test_the_quick_methods_are_there_at_once_and_the_slow_ones_say_how_long(app: AppTest) -> None:
    bring(app, lesion(1))
    assert [alt.split(" heatmap")[0] for alt in _drawn(app)] == QUICK
    assert [button.label for button in app.button].count("Make it") == len(SLOW)
    assert sum(line.value.startswith("Takes ") for line in app.caption) == len(SLOW)


@pytest.mark.parametrize("method", SLOW, ids=lambda method: method.name)
def test_a_slow_method_is_made_when_it_is_asked_for(app: AppTest, method: object) -> None:
    bring(app, lesion(1))
    _press(app, method.title)
    assert f"{method.title} heatmap" in " ".join(_drawn(app))
    assert len(_drawn(app)) == len(QUICK) + 1


def test_maps_are_made_once_and_survive_going_to_another_page_and_back(app: AppTest) -> None:
    bring(app, lesion(1))
    _press(app, "Occlusion")
    (upload,) = uploads(app)
    before = dict(upload.maps)
    assert len(before) == len(QUICK) + 1
    checked(app.switch_page("pages/about.py").run())
    checked(app.switch_page("pages/explain.py").run())
    assert upload.maps == before
    assert "Occlusion heatmap" in " ".join(_drawn(app))


def test_another_stage_keeps_what_was_made_on_the_picture(app: AppTest) -> None:
    bring(app, lesion(1))
    _press(app, "Occlusion")
    select(app, "Stage of the network", "stage2")
    assert "Grad-CAM heatmap" in _drawn(app)[0]
    assert " at Stage 2" in _drawn(app)[0]
    assert "Occlusion heatmap" in " ".join(_drawn(app))


def test_another_class_is_named(app: AppTest) -> None:
    bring(app, lesion(1))
    select(app, "Class to explain", "df")
    assert all("for Dermatofibroma" in alt for alt in _drawn(app))
    assert "explained: **Dermatofibroma**" in _said(app) or "says **Dermatofibroma**" in _said(app)


def test_all_stages_in_a_strip(app: AppTest) -> None:
    bring(app, lesion(1))
    _view(app, "Through the network")
    stages = [alt.split(" at ")[1].split(":")[0] for alt in _drawn(app)]
    assert stages == ["Stem", "Stage 1", "Stage 2", "Stage 3", "Stage 4"]
    assert "Stage 4 (last)" in _said(app)


def test_the_channels_add_up_and_can_be_switched_off(app: AppTest) -> None:
    bring(app, lesion(1))
    _view(app, "How a Grad-CAM is made")
    assert len(app.toggle) == 8
    bars = json.loads(app.get("plotly_chart")[0].proto.spec)["data"][0]
    assert len(bars["y"]) == 8 + 2 + 1
    assert "All channels are on." in _said(app)
    assert "the sum is exact" in _said(app)
    assert [metric.delta for metric in app.metric] == ["", ""]
    app.toggle[0].set_value(False)
    checked(app.run())
    bars = json.loads(app.get("plotly_chart")[0].proto.spec)["data"][0]
    assert len(bars["y"]) == 7 + 2 + 1
    assert "1 channel is off" in _said(app)
    assert all(metric.delta for metric in app.metric)
    expected, found = re.search(r"The sum says (\S+); the network itself, run again, says (\S+)\.", _said(app)).groups()
    assert found == expected


def test_below_the_last_stage_the_sum_is_said_to_be_an_approximation(app: AppTest) -> None:
    bring(app, lesion(1))
    _view(app, "How a Grad-CAM is made")
    select(app, "Stage of the network", "stage2")
    assert "the sum is an approximation" in _said(app)
    assert "what gradients miss" in _said(app)


def test_a_map_without_evidence_does_not_end_the_page(app: AppTest) -> None:
    """Of a class with nothing for it, channels that speak against it are switched off: what is left has a scale."""
    bring(app, lesion(1))
    analysis = next(iter(uploads(app)[0].analyses.values()))
    (target,) = [each.target for each in analysis.explanations if each.peak <= 0]
    select(app, "Class to explain", target)
    _view(app, "How a Grad-CAM is made")
    for toggle in app.toggle:
        toggle.set_value("−" not in toggle.label)
    checked(app.run())
    assert "no positive evidence" not in _drawn(app)[0]


def test_a_remembered_picture_takes_as_long_as_the_card_says(own_weights: Path) -> None:
    save_tiny("classification", speed=Speed(50.0, "a machine"))
    with models_in(own_weights):
        wanted = Wanted("unet", "resnet50", "stage4")
        upload = Upload.of("a.png", b"")
        about = Subject(upload, wanted, "stage4", None)
        for taken, expected in ((2.0, 0.05), (80.0, 0.08)):
            upload.analyses[wanted] = replace(sample_analysis(), timings_ms={"classify_and_explain": taken})
            assert about.pass_s == expected


def test_a_file_that_is_no_picture_gets_its_sentence(app: AppTest) -> None:
    bring(app, NOT_A_PICTURE)
    assert app.error[0].value.startswith("Not analysed: ")
    bring(app, NOT_A_PICTURE, lesion(2))
    select(app, "Picture", next(upload.sha256 for upload in uploads(app) if not upload.reason))
    assert len(_drawn(app)) == len(QUICK)


def test_clear_everything_leaves_the_ways_in_alone(app: AppTest) -> None:
    bring(app, lesion(1))
    click(app, "Clear everything")
    assert not uploads(app)
    assert not app.selectbox
