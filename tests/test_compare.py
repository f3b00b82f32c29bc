"""The Compare page, run by Streamlit's own test runner, with two tiny classifiers and two tiny segmenters."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from streamlit.testing.v1 import AppTest

from skinvision.catalogue import read_card
from skinvision.comparison import dice
from skinvision.ui import models
from skinvision.ui.session import Wanted
from tests.pages import (
    NOT_A_PICTURE,
    alts,
    bring,
    checked,
    click,
    forget_models,
    headers,
    lesion,
    models_in,
    opened,
    select,
    uploads,
)
from tests.tiny import save_rivals, save_tiny

BOTH = (Wanted("unet", "resnet50", "stage4"), Wanted("unet", "rival", "stage4"))


@pytest.fixture(scope="module", autouse=True)
def _rivals(rival_models: Path) -> Iterator[None]:
    """All pages of this module find the tiny models, and what they loaded goes when it ends."""
    with models_in(rival_models):
        yield


@pytest.fixture
def app() -> AppTest:
    return opened("compare.py")


def _choose(app: AppTest, *names: str) -> AppTest:
    app.multiselect[0].set_value(list(names))
    return checked(app.run())


def _said(app: AppTest) -> str:
    return " ".join(line.value.replace("\\", "") for line in (*app.markdown, *app.caption))


def test_the_page_begins_with_the_ways_in_alone(app: AppTest) -> None:
    assert app.title[0].value == "Compare what networks say of one picture"
    assert len(app.file_uploader) == 1
    assert not app.multiselect
    assert not app.get("plotly_chart")


def test_two_classifiers_share_bars_and_the_scale_of_their_heatmaps(app: AppTest) -> None:
    bring(app, lesion(1))
    (upload,) = uploads(app)
    assert tuple(upload.analyses) == BOTH
    (chart,) = app.get("plotly_chart")
    bars = json.loads(chart.proto.spec)["data"]
    assert [bar["name"] for bar in bars] == ["ResNet-50", "Rival"]
    assert {len(bar["y"]) for bar in bars} == {7}
    assert chart.proto.alt.startswith("Calibrated probabilities. ")
    first, second = alts(app, "Grad-CAM heatmap by ")
    assert "by ResNet-50 for " in first
    assert "by Rival for " in second
    assert "All maps share one scale" in _said(app)
    assert "Agreement is no proof" in _said(app)


def test_the_outlines_of_two_segmenters_are_compared(app: AppTest) -> None:
    bring(app, lesion(1))
    (upload,) = uploads(app)
    assert list(upload.masks) == ["unet", "deeplabv3plus"]
    assert len(alts(app, "The lesion mask by ")) == 2
    assert alts(app, "The outlines by UNet and DeepLabV3+")
    masks = upload.masks.values()
    assert f"The masks of UNet and DeepLabV3+ overlap: Dice {dice(*masks):.2f}" in _said(app)
    assert "check it by eye" not in _said(app)


def test_all_analyses_share_the_mask_that_was_found_once(app: AppTest) -> None:
    bring(app, lesion(1))
    (upload,) = uploads(app)
    first, second = (upload.analyses[wanted] for wanted in BOTH)
    assert first.mask is second.mask is upload.masks["unet"]


def test_what_analyse_found_is_not_found_again_and_the_reverse(app: AppTest) -> None:
    checked(app.switch_page("pages/analyse.py").run())
    bring(app, lesion(1))
    (upload,) = uploads(app)
    (known,) = upload.analyses.values()
    checked(app.switch_page("pages/compare.py").run())
    assert upload.analyses[BOTH[0]] is known
    compared = dict(upload.analyses)
    checked(app.switch_page("pages/analyse.py").run())
    select(app, "Names the disease", "rival")
    assert upload.analyses == compared
    select(app, "Finds the lesion", "deeplabv3plus")
    assert upload.analyses[Wanted("deeplabv3plus", "rival", "stage4")].mask is upload.masks["deeplabv3plus"]


def test_a_rerun_computes_and_draws_nothing_again(app: AppTest) -> None:
    bring(app, lesion(1))
    (upload,) = uploads(app)
    before = (dict(upload.analyses), dict(upload.masks), dict(upload.drawn))
    checked(app.run())
    assert (upload.analyses, upload.masks, upload.drawn) == before


def test_another_class_needs_no_network(app: AppTest) -> None:
    bring(app, lesion(1))
    before = dict(uploads(app)[0].analyses)
    select(app, "Class to explain", "df")
    assert len(alts(app, "Grad-CAM heatmap by ")) == 2
    assert all("for Dermatofibroma" in alt for alt in alts(app, "Grad-CAM heatmap by "))
    assert "Evidence for Dermatofibroma" in [header.value for header in app.subheader]
    assert uploads(app)[0].analyses == before


def test_fewer_than_two_are_asked_for_more_and_masks_stay(app: AppTest) -> None:
    bring(app, lesion(1))
    for names in ((), ("rival",)):
        _choose(app, *names)
        assert app.info[0].value.startswith("Choose two networks or more")
        assert not app.get("plotly_chart")
        assert len(alts(app, "The lesion mask by ")) == 2
    _choose(app, "rival", "resnet50")
    assert [bar["name"] for bar in json.loads(app.get("plotly_chart")[0].proto.spec)["data"]] == ["Rival", "ResNet-50"]


def test_each_model_is_loaded_once_for_all_pairs() -> None:
    one, other = models.analyser("unet", "resnet50"), models.analyser("deeplabv3plus", "resnet50")
    assert one._classifier is other._classifier


def test_the_latest_picture_is_compared_until_another_is_chosen(app: AppTest) -> None:
    bring(app, lesion(1))
    assert "Picture" not in [box.label for box in app.selectbox]
    bring(app, lesion(1), lesion(2))
    click(app, "Try a synthetic lesion")
    assert headers(app) == ["Synthetic lesion 1"]
    older = next(upload for upload in uploads(app) if upload.name == "lesion 2.png")
    assert not older.analyses
    select(app, "Picture", older.sha256)
    assert headers(app) == ["lesion 2\\.png"]
    assert tuple(older.analyses) == BOTH


def test_a_bad_file_gets_its_sentence_and_nothing_is_lost(app: AppTest) -> None:
    bring(app, lesion(1))
    good = uploads(app)[0]
    bring(app, NOT_A_PICTURE, lesion(1))
    assert headers(app) == ["notes\\.txt"]
    assert app.error[0].value.startswith("Not compared: expected a JPEG")
    select(app, "Picture", good.sha256)
    assert not app.error
    assert len(alts(app, "Grad-CAM heatmap by ")) == 2


def test_everything_survives_another_page_until_it_is_cleared(app: AppTest) -> None:
    bring(app, lesion(1), lesion(2))
    select(app, "Picture", uploads(app)[1].sha256)
    _choose(app, "rival", "resnet50")
    select(app, "Class to explain", "df")
    checked(app.switch_page("pages/about.py").run())
    checked(app.switch_page("pages/compare.py").run())
    assert headers(app) == ["lesion 2\\.png"]
    assert app.multiselect[0].value == ["rival", "resnet50"]
    assert "Evidence for Dermatofibroma" in [header.value for header in app.subheader]
    click(app, "Clear everything")
    assert uploads(app) == []
    bring(app, lesion(1))
    assert app.multiselect[0].value == ["resnet50", "rival"]


def test_a_model_card_is_behind_each_name(app: AppTest) -> None:
    bring(app, lesion(1))
    text = _said(app)
    for name in ("resnet50", "rival", "unet", "deeplabv3plus"):
        card = read_card(name)
        assert f"{card.architecture.encoder}, 0.0 million parameters" in text
        assert f"weights under {card.weights_licence}" in text
    assert "balanced accuracy **0.790** (95 %: 0.740 to 0.830) on 1358 held-out pictures" in text
    assert "Dice **0.882** on 600 held-out pictures" in text
    assert "knows nothing" in text


class TestOtherFolders:
    """The page on folders with other models."""

    @pytest.fixture(autouse=True)
    def _forget(self, own_weights: Path) -> Iterator[None]:  # noqa: ARG002
        forget_models()
        save_tiny("segmentation")
        save_tiny("classification")
        yield
        forget_models()

    def test_four_classifiers_at_once_and_no_fifth(self) -> None:
        save_rivals()
        for seed, name in enumerate(("third", "fourth", "fifth"), start=2):
            save_tiny("classification", seed, name=name, title=name.title())
        app = bring(opened("compare.py"), lesion(1))
        assert app.multiselect[0].proto.max_selections == 4
        _choose(app, "fourth", "rival", "third", "resnet50")
        bars = json.loads(app.get("plotly_chart")[0].proto.spec)["data"]
        assert [bar["name"] for bar in bars] == ["Fourth", "Rival", "Third", "ResNet-50"]
        assert len(alts(app, "Grad-CAM heatmap by ")) == 4
        assert {wanted.classifier for wanted in uploads(app)[0].analyses} >= {"fourth", "rival", "third", "resnet50"}

    def test_with_one_model_each_there_is_nothing_to_compare(self) -> None:
        app = bring(opened("compare.py"), lesion(1))
        assert app.info[0].value.startswith("Only one network that names the disease is installed")
        assert not app.multiselect
        assert len(alts(app, "The lesion mask by ")) == 1
        assert "Only one network that finds the lesion is installed" in _said(app)

    def test_models_of_other_labels_or_pictures_are_not_offered(self) -> None:
        save_rivals()
        save_tiny("classification", 2, name="photographs", title="Photos", modality="photograph")
        two = {"mel": "Melanoma", "nv": "Melanocytic nevus"}
        save_tiny("classification", 3, name="moles", title="Moles", labels=tuple(two), titles=tuple(two.values()))
        app = bring(opened("compare.py"), lesion(1))
        assert app.multiselect[0].options == ["ResNet-50", "Rival"]

    def test_models_of_one_title_are_told_apart_by_their_names(self) -> None:
        save_tiny("classification", 1, name="other")
        app = bring(opened("compare.py"), lesion(1))
        assert app.multiselect[0].options == ["ResNet-50 (resnet50)", "ResNet-50 (other)"]
        assert alts(app, "Grad-CAM heatmap by ResNet-50 (other) for ")

    def test_a_changed_byte_is_said_once_the_model_is_chosen_and_only_then_loaded(self, own_weights: Path) -> None:
        save_rivals()
        save_tiny("classification", 2, name="third", title="Third")
        path = own_weights / "third.safetensors"
        path.write_bytes(path.read_bytes()[:-1] + b"\x01")
        app = bring(opened("compare.py"), lesion(1))
        assert not app.error
        _choose(app, "resnet50", "rival", "third")
        assert "SHA\\-256" in app.error[0].value

    def test_who_finds_the_picture_strange_is_said(self, own_weights: Path) -> None:
        save_rivals()
        card = read_card("rival")
        assert card.outlier is not None
        everything_is_strange = replace(card, outlier=replace(card.outlier, threshold=-1.0))
        (own_weights / "rival.json").write_bytes(msgspec.json.encode(everything_is_strange))
        app = bring(opened("compare.py"), lesion(1))
        assert app.warning[0].value.startswith("The picture is unlike anything that Rival")
        assert "on any other picture, check it by eye" in _said(app)
