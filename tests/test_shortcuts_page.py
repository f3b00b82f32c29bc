"""The Shortcuts page, run by Streamlit's own test runner, with tiny models."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from skinvision.render.overlays import encode_png
from skinvision.stress import ARTEFACTS, SCENES
from skinvision.types import LesionMask
from tests.pages import NOT_A_PICTURE, alts, bring, checked, click, lesion, models_in, opened, select, uploads

TITLES = ["As it is", *(scene.title for scene in SCENES)]


@pytest.fixture(scope="module", autouse=True)
def _tiny(tiny_models: Path) -> Iterator[None]:
    """All pages of this module find the tiny models, and what they loaded goes when it ends."""
    with models_in(tiny_models):
        yield


@pytest.fixture
def app() -> AppTest:
    return opened("shortcuts.py")


def _view(app: AppTest, name: str) -> AppTest:
    app.get("button_group")[-1].set_value(name)
    return checked(app.run())


def _said(app: AppTest) -> str:
    return " ".join(line.value.replace("\\", "") for line in (*app.markdown, *app.caption))


def _bars(app: AppTest) -> dict[str, list[float]]:
    (chart,) = app.get("plotly_chart")
    return {bar["name"]: np.asarray(_values(bar["x"])) for bar in json.loads(chart.proto.spec)["data"]}


def _values(x: object) -> object:
    return x if isinstance(x, list) else np.frombuffer(base64.b64decode(x["bdata"]), x["dtype"])


def _slide(app: AppTest, percent: int) -> AppTest:
    app.slider[0].set_value(percent)
    return checked(app.run())


def _by_hand(lesion: np.ndarray) -> LesionMask:
    return LesionMask(lesion.astype(np.float32), by_hand=True)


def test_the_page_begins_with_the_ways_in_alone(app: AppTest) -> None:
    assert app.title[0].value == "What does it really use?"
    assert not app.selectbox


def test_each_scene_has_its_picture_its_heatmap_and_what_is_said(app: AppTest) -> None:
    bring(app, lesion(1))
    for title in TITLES:
        picture, heatmap = alts(app, f"{title}. ")
        assert "The picture, " in picture
        assert "Grad-CAM heatmap for " in heatmap
    assert list(_bars(app)) == TITLES
    assert _said(app).count("The answer ") == len(SCENES)


def test_an_artefact_is_shown_beside_the_picture_as_it_is(app: AppTest) -> None:
    bring(app, lesion(1))
    _view(app, "Add an artefact")
    assert list(_bars(app)) == ["As it is", "With it"]
    assert len(alts(app, "With it. ")) == 2
    assert "Winkler et al. (2019)" in _said(app)


@pytest.mark.parametrize("each", ARTEFACTS, ids=lambda each: each.name)
def test_strength_nought_changes_nothing_and_full_strength_something(app: AppTest, each: object) -> None:
    bring(app, lesion(1))
    _view(app, "Add an artefact")
    select(app, "What is added or done", each.name)
    _slide(app, 0)
    plain, after = _bars(app).values()
    np.testing.assert_array_equal(plain, after)
    assert "The answer stays" in _said(app)
    _slide(app, 100)
    (upload,) = uploads(app)
    plain, after = (upload.drawn[place][1].case.image for place in ("as it is", "under artefact"))
    assert not np.array_equal(plain, after)


def test_another_one_is_drawn_from_another_seed(app: AppTest) -> None:
    bring(app, lesion(1))
    _view(app, "Add an artefact")
    _, before = _bars(app).values()
    click(app, "Another one")
    _, after = _bars(app).values()
    assert not np.array_equal(before, after)


def test_a_moving_slider_does_not_pile_up_pictures(app: AppTest) -> None:
    bring(app, lesion(1))
    _view(app, "Add an artefact")
    (upload,) = uploads(app)
    places = set(upload.drawn)
    for percent in (10, 60, 100):
        _slide(app, percent)
    assert set(upload.drawn) == places


def test_a_rerun_computes_and_draws_nothing_again(app: AppTest) -> None:
    bring(app, lesion(1))
    (upload,) = uploads(app)
    before = dict(upload.drawn)
    checked(app.run())
    assert upload.drawn == before


def test_a_file_that_is_no_picture_gets_its_sentence(app: AppTest) -> None:
    bring(app, NOT_A_PICTURE)
    assert app.error[0].value.startswith("Not analysed: ")


def test_a_canvas_on_which_nothing_is_drawn_changes_nothing(app: AppTest) -> None:
    bring(app, lesion(1))
    _view(app, "Paint over it")
    for tool in ("Paint on the picture", "Add to the lesion", "Take from the lesion"):
        select(app, "The brush", tool)
        plain, after = _bars(app).values()
        np.testing.assert_array_equal(plain, after)
        assert "Nothing new is drawn" in _said(app)
    assert len(alts(app, "As drawn. ")) == 2


def test_an_outline_of_ones_own_holds_in_all_views_until_it_is_taken_back(app: AppTest) -> None:
    bring(app, lesion(1))
    (upload,) = uploads(app)
    found = upload.drawn["as it is"][1].mask.binary
    own = np.zeros_like(found)
    own[: own.shape[0] // 3] = True
    upload.outline = _by_hand(own)
    for view in ("Take it apart", "Add an artefact", "Paint over it"):
        _view(app, view)
        np.testing.assert_array_equal(upload.drawn["as it is"][1].mask.binary, own)
        assert "the one that you drew" in _said(app)
        assert "** with the outline that was found" in _said(app)
    select(app, "The brush", "Add to the lesion")
    assert next(button for button in app.button if button.label == "Use this outline").disabled
    click(app, "Back to the outline that was found")
    np.testing.assert_array_equal(upload.drawn["as it is"][1].mask.binary, found)
    assert "the one that you drew" not in _said(app)
    assert "with the outline that was found" not in _said(app)


def test_a_lesion_that_cannot_be_moved_is_not_said_to_have_been(app: AppTest) -> None:
    bring(app, lesion(1))
    (upload,) = uploads(app)
    wide = np.zeros((96, 128), bool)
    wide[:, 60:64], wide[40:44] = True, True  # from edge to edge
    upload.outline = _by_hand(wide)
    checked(app.run())
    assert _said(app).count("leaves no room") == 1


def test_no_outline_at_all_is_not_kept(app: AppTest) -> None:
    bring(app, lesion(1))
    (upload,) = uploads(app)
    upload.outline = _by_hand(np.pad(np.ones((4, 4), bool), ((40, 52), (40, 84))))
    _view(app, "Paint over it")
    select(app, "The brush", "Take from the lesion")
    next(slider for slider in app.slider if slider.label.startswith("Grow")).set_value(-10)
    checked(app.run())
    assert next(button for button in app.button if button.label == "Use this outline").disabled


def test_an_outline_is_changed_by_keys_too(app: AppTest) -> None:
    bring(app, lesion(1))
    (upload,) = uploads(app)
    found = upload.drawn["as it is"][1].mask.binary
    _view(app, "Paint over it")
    select(app, "The brush", "Add to the lesion")
    next(slider for slider in app.slider if slider.label.startswith("Grow")).set_value(4)
    checked(app.run())
    click(app, "Use this outline")
    larger = upload.drawn["as it is"][1].mask.binary
    assert larger.sum() > found.sum()
    assert larger[found].all()
    assert next(slider for slider in app.slider if slider.label.startswith("Grow")).value == 0


def test_another_one_is_offered_only_where_there_is_one(app: AppTest) -> None:
    bring(app, lesion(1))
    _view(app, "Add an artefact")
    for name, offered in (("ink", True), ("blur", False), ("hair", True), ("tone", False)):
        select(app, "What is added or done", name)
        assert ("Another one" in [button.label for button in app.button]) == offered


def test_a_long_strip_is_taken_apart_and_painted_over(app: AppTest) -> None:
    strip = np.full((64, 12_000, 3), (205, 160, 140), np.uint8)
    strip[20:44, 40:80] = (90, 50, 40)
    bring(app, ("strip.png", encode_png(strip), "image/png"))
    _view(app, "Paint over it")
    bring(app, ("tower.png", encode_png(np.ascontiguousarray(strip.transpose(1, 0, 2))), "image/png"))
    assert alts(app, "As drawn. ")


def test_of_the_longest_strip_there_is_no_more_than_of_other_pictures(app: AppTest) -> None:
    strip = np.full((64, 625_000, 3), (205, 160, 140), np.uint8)
    strip[20:44, 3000:90_000] = (90, 50, 40)
    bring(app, ("strip.png", encode_png(strip), "image/png"))
    _view(app, "Add an artefact")
    (upload,) = uploads(app)
    assert upload.drawn["as it is"][1].case.image.size < 4e6
    assert alts(app, "With it. ")
