"""The pages, run by Streamlit's own test runner, with pictures that come in as bytes through the uploaders."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from streamlit.testing.v1 import AppTest

from skinvision.card import History, Speed
from skinvision.catalogue import read_card
from skinvision.render.words import stage_title
from skinvision.reports import ClassificationReport
from tests.pages import (
    NOT_A_PICTURE,
    ROOT,
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
from tests.samples import sample_card
from tests.tiny import save_tiny


@pytest.fixture(scope="module", autouse=True)
def _tiny_models(tiny_models: Path) -> Iterator[None]:
    """All pages of this module find the tiny models, and what they loaded goes when it ends."""
    with models_in(tiny_models):
        yield


@pytest.fixture
def app() -> AppTest:
    return opened()


def _slide(app: AppTest, label: str, value: int) -> AppTest:
    next(slider for slider in app.slider if slider.label == label).set_value(value)
    return checked(app.run())


def test_the_first_page_needs_neither_torch_nor_opencv() -> None:
    program = (
        "import sys\n"
        "sys.modules['torch'] = sys.modules['cv2'] = None  # so that importing them fails\n"
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('streamlit_app.py', default_timeout=60).run()\n"
        "print([error.message for error in app.exception], len(app.file_uploader))"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[] 1"


def test_the_first_page_says_what_to_do_in_two_lines(app: AppTest) -> None:
    assert app.title[0].value
    assert len(app.main.markdown[0].value.splitlines()) == 2
    assert [uploader.accept_multiple_files for uploader in app.file_uploader] == [True]
    assert any("not a medical device" in caption.value for caption in app.caption)


def test_an_upload_becomes_picture_mask_heatmap_and_chart(app: AppTest) -> None:
    bring(app, lesion(1))
    (upload,) = uploads(app)
    (analysis,) = upload.analyses.values()
    card = read_card("resnet50")
    assert headers(app) == ["lesion 1\\.png"]
    assert alts(app, "The picture, 128 × 96")
    assert alts(app, "The lesion mask")
    assert alts(app, f"Grad-CAM heatmap for {card.title_of(analysis.prediction.top)}")
    (chart,) = app.get("plotly_chart")
    assert chart.proto.alt.startswith("Calibrated probabilities: ")
    bars = json.loads(chart.proto.spec)["data"]
    names = {name.replace("<br>", " ").removeprefix("<b>").removesuffix("</b>") for bar in bars for name in bar["y"]}
    assert names == set(card.titles)


def test_the_same_picture_under_two_names_is_told(app: AppTest) -> None:
    name, data, kind = lesion(1)
    bring(app, (name, data, kind), ("copy.png", data, kind), ("a/none.png", b"", kind), ("b/none.png", b"", kind))
    told = [caption.value.replace("\\", "") for caption in app.caption]
    assert headers(app) == ["lesion 1\\.png", "none\\.png"]
    assert "1 more file is the same: copy.png." in told
    assert "1 more file is the same: none.png." in told
    assert "**1** could not be" in " ".join(line.value for line in app.markdown)


def test_many_uploads_keep_their_order_and_one_bad_file_gets_its_sentence(app: AppTest) -> None:
    bring(app, lesion(1), NOT_A_PICTURE, lesion(2))
    assert headers(app) == ["lesion 1\\.png", "notes\\.txt", "lesion 2\\.png"]
    assert [upload.reason == "" for upload in uploads(app)] == [True, False, True]
    (error,) = app.error
    assert error.value.startswith("Not analysed: expected a JPEG")
    assert len(app.get("plotly_chart")) == 2
    assert "**2** pictures analysed, **1** could not be" in [line.value for line in app.markdown]


def test_the_latest_picture_is_on_top(app: AppTest) -> None:
    bring(app, lesion(1), lesion(2))
    click(app, "Try a synthetic lesion")
    assert headers(app) == ["Synthetic lesion 1", "lesion 1\\.png", "lesion 2\\.png"]


def test_a_picture_that_comes_again_is_not_analysed_again(app: AppTest) -> None:
    bring(app, lesion(1))
    before = uploads(app)
    bring(app, lesion(1), lesion(1))
    assert uploads(app) == before


def test_a_file_that_is_withdrawn_from_the_uploader_leaves(app: AppTest) -> None:
    bring(app, lesion(1), lesion(2))
    app.file_uploader[0].set_value(None)
    checked(app.run())
    assert headers(app) == []


def test_another_class_needs_no_network(app: AppTest) -> None:
    bring(app, lesion(1))
    before = dict(uploads(app)[0].analyses)
    for label, title in zip(read_card("resnet50").labels, read_card("resnet50").titles, strict=True):
        select(app, "Class to explain", label)
        assert alts(app, f"Grad-CAM heatmap for {title}:")
    assert uploads(app)[0].analyses == before


def test_another_threshold_measures_anew_without_a_network(app: AppTest) -> None:
    bring(app, lesion(1))
    before = dict(uploads(app)[0].analyses)
    (analysis,) = before.values()
    for percent in (5, 95):
        _slide(app, "Mask threshold", percent)
        measured = uploads(app)[0].drawn["measured"][1]
        assert measured.mask.area_fraction == (analysis.mask.probability >= percent / 100).mean()
    assert uploads(app)[0].analyses == before


def test_another_opacity_redraws_the_overlays_and_nothing_else(app: AppTest) -> None:
    bring(app, lesion(1))
    upload = uploads(app)[0]
    before = dict(upload.drawn)
    _slide(app, "Overlay opacity", 20)
    assert {place for place, made in upload.drawn.items() if made is not before[place]} == {"mask", "heatmap"}


def test_another_stage_runs_the_classifier_alone_and_once(app: AppTest) -> None:
    bring(app, lesion(1))
    upload = uploads(app)[0]
    (last,) = upload.analyses.values()
    for stage in ("stage2", "stage4", "stage2"):
        select(app, "Stage of the network", stage)
    assert [wanted.stage for wanted in upload.analyses] == ["stage4", "stage2"]
    second = list(upload.analyses.values())[1]
    assert second.mask is last.mask
    assert second.prediction is last.prediction
    assert {explanation.stage for explanation in second.explanations} == {"stage2"}


def test_everything_survives_another_page(app: AppTest) -> None:
    bring(app, lesion(1))
    select(app, "Class to explain", "df")
    _slide(app, "Overlay opacity", 35)
    upload = uploads(app)[0]
    checked(app.switch_page("pages/about.py").run())
    assert app.title[0].value == "About"
    checked(app.switch_page("pages/analyse.py").run())
    assert uploads(app) == [upload]
    assert [slider.value for slider in app.slider if slider.label == "Overlay opacity"] == [35]
    assert alts(app, "Grad-CAM heatmap for Dermatofibroma")


def test_a_new_file_after_another_page_withdraws_nothing(app: AppTest) -> None:
    bring(app, lesion(1))
    checked(app.switch_page("pages/about.py").run())
    checked(app.switch_page("pages/analyse.py").run())
    bring(app, lesion(2))
    assert headers(app) == ["lesion 2\\.png", "lesion 1\\.png"]


def test_one_button_clears_everything(app: AppTest) -> None:
    bring(app, lesion(1), NOT_A_PICTURE)
    _slide(app, "Overlay opacity", 35)
    click(app, "Clear everything")
    assert uploads(app) == []
    assert app.file_uploader[0].value == []
    bring(app, lesion(1))
    assert [slider.value for slider in app.slider if slider.label == "Overlay opacity"] == [60]


def test_one_picture_is_removed(app: AppTest) -> None:
    bring(app, lesion(1), lesion(2))
    app.button(f"remove_{uploads(app)[0].sha256}").click()
    checked(app.run())
    assert headers(app) == ["lesion 2\\.png"]


def test_each_click_draws_another_synthetic_lesion_and_labels_it(app: AppTest) -> None:
    for _ in range(2):
        click(app, "Try a synthetic lesion")
    assert headers(app) == ["Synthetic lesion 2", "Synthetic lesion 1"]
    assert all(upload.synthetic for upload in uploads(app))
    assert sum("synthetic]" in line.value for line in app.markdown) == 2


def test_a_folder_and_the_camera_bring_pictures_too(app: AppTest) -> None:
    app.session_state["ways_0"] = "Folder"
    checked(app.run())
    assert app.file_uploader[0].accept_directory
    assert not app.camera_input
    bring(app, ("holiday/arm/lesion.png", *lesion(1)[1:]))
    app.session_state["ways_0"] = "Camera"
    checked(app.run())
    app.camera_input[0].upload("photo.jpg", lesion(2)[1], "image/jpeg")
    checked(app.run())
    assert headers(app) == ["Camera photo 1", "lesion\\.png"]


def test_more_pictures_than_fit_a_page_are_all_analysed(app: AppTest) -> None:
    bring(app, *(lesion(seed) for seed in range(13)))
    assert len(headers(app)) == 12
    assert all(upload.analyses for upload in uploads(app))
    app.get("pagination")[0].set_value(2)
    checked(app.run())
    assert headers(app) == ["lesion 12\\.png"]


@pytest.mark.parametrize(
    ("stage", "title"),
    [("stem", "Stem (first)"), ("stage1", "Stage 1"), ("stage4", "Stage 4 (last)"), ("neck", "Neck")],
)
def test_stages_have_names_for_people(stage: str, title: str) -> None:
    assert stage_title(stage, ("stem", "stage1", "neck", "stage4")) == title


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\pictures\\arm.jpg", "arm\\.jpg"),
        ("<b>bold</b> *x*", "b\\> \\*x\\*"),
        ("gpj.\u202eexe\n", "gpj\\.exe"),
        ("\x00\x07", "unnamed"),
        ("a" * 300, "a" * 30 + "…" + "a" * 30),
    ],
    ids=["path", "windows path", "markup", "right to left", "control characters", "long"],
)
def test_file_names_are_shown_plainly(app: AppTest, name: str, shown: str) -> None:
    bring(app, (name, *lesion(1)[1:]))
    assert headers(app) == [shown]


def _evidence_of(app: AppTest, name: str) -> AppTest:
    app.get("button_group")[0].set_value("One model")
    checked(app.run())
    return select(app, "Model", name)


def test_evidence_shows_the_figures_of_the_card_as_charts(app: AppTest) -> None:
    checked(app.switch_page("pages/evidence.py").run())
    _evidence_of(app, "resnet50")
    report = read_card("resnet50").test
    assert isinstance(report, ClassificationReport)
    assert f"{report.n}" in [metric.value for metric in app.metric]
    assert len(app.get("plotly_chart")) == 5 + len(report.groups)
    assert all(chart.proto.alt for chart in app.get("plotly_chart"))
    assert "fewer than 30 pictures" in app.warning[0].value
    select(app, "Model", "unet")
    assert [metric.label for metric in app.metric][:2] == ["Dice", "Jaccard"]
    assert len(app.get("plotly_chart")) == 2


def test_evidence_begins_with_all_models_beside_each_other(app: AppTest) -> None:
    checked(app.switch_page("pages/evidence.py").run())
    assert headers(app) == ["Which diagnosis it is", "Where the lesion is"]
    diagnosis, by_class, lesion = (table.value for table in app.dataframe)
    assert list(diagnosis.index) == ["★ ResNet-50"]
    assert list(diagnosis.loc["★ ResNet-50"])[:5] == [0.79, 0.876, 0.75, 0.95, 0.021]
    assert list(by_class.columns) == ["Recall", "Precision", "AUC"]
    assert list(lesion.loc["★ UNet"])[:5] == [0.805, 0.882, 0.75, 0.87, 0.97]
    assert [chart.proto.alt for chart in app.get("plotly_chart")] == [
        "Which diagnosis it is. Balanced accuracy, with 95 % interval: ResNet-50 0.790 (0.740–0.830)",
        "Where the lesion is. Jaccard, with 95 % interval: UNet 0.805 (0.790–0.820)",
    ]


_ONE_CLASS = "Which diagnosis it is: figures of one class"


def test_the_leaderboard_has_the_figures_of_one_diagnosis_at_a_time(app: AppTest) -> None:
    checked(app.switch_page("pages/evidence.py").run())
    assert "Melanoma (80 pictures)" in next(b for b in app.selectbox if b.label == _ONE_CLASS).options
    select(app, _ONE_CLASS, "mel")
    report = read_card("resnet50").test
    assert list(app.dataframe[1].value.iloc[0]) == [55 / 80, 0.8, report.per_class["mel"].auc]


def test_about_names_purpose_hashes_and_licences(app: AppTest) -> None:
    checked(app.switch_page("pages/about.py").run())
    text = " ".join(line.value for line in app.markdown)
    assert "not a medical device" in text
    assert [code.value for code in app.code] == [read_card("resnet50").sha256, read_card("unet").sha256]
    for dataset in read_card("resnet50").data:
        assert dataset.name in text
    assert len(app.image) == 3
    assert text.count("is run by torch") == 2


class TestOtherFolders:
    """Pages on folders whose models lack something."""

    @pytest.fixture(autouse=True)
    def _forget(self) -> Iterator[None]:
        forget_models()
        yield
        forget_models()

    @pytest.mark.usefixtures("own_weights")
    def test_a_folder_without_models_is_said_to_be_empty(self, app: AppTest) -> None:
        bring(app, lesion(1))
        assert app.error[0].value.startswith("The models cannot be loaded: expected a card for classification")
        for page in ("pages/evidence.py", "pages/about.py"):
            checked(app.switch_page(page).run())
            assert app.error[0].value.startswith("The cards cannot be read")

    def test_a_changed_byte_in_the_weights_is_said(self, own_weights: Path, app: AppTest) -> None:
        save_tiny("segmentation")
        save_tiny("classification")
        path = own_weights / "unet.safetensors"
        path.write_bytes(path.read_bytes()[:-1] + b"\x01")
        forget_models()
        bring(app, lesion(1))
        assert "SHA\\-256" in app.error[0].value

    def test_a_picture_unlike_the_training_pictures_gets_a_warning(self, own_weights: Path, app: AppTest) -> None:
        save_tiny("segmentation")
        card = save_tiny("classification")
        assert card.outlier is not None
        everything_is_strange = replace(card, outlier=replace(card.outlier, threshold=-1.0))
        (own_weights / "resnet50.json").write_bytes(msgspec.json.encode(everything_is_strange))
        forget_models()
        bring(app, lesion(1))
        (warning,) = app.warning
        assert "unlike anything the model was trained on" in warning.value

    def test_a_card_without_figures_says_that_nobody_knows(self, own_weights: Path, app: AppTest) -> None:
        own_weights.mkdir()
        card = replace(sample_card("classification"), test=None, limits=(), history=History("none", ()))
        (own_weights / "resnet50.json").write_bytes(msgspec.json.encode(card))
        (own_weights / "unet.json").write_bytes(msgspec.json.encode(replace(sample_card("segmentation"), test=None)))
        forget_models()
        checked(app.switch_page("pages/evidence.py").run())
        assert app.info[0].value == r"Not measured on held-out pictures yet: ResNet\-50, UNet."
        _evidence_of(app, "resnet50")
        assert "nobody knows" in app.info[0].value
        assert not app.get("plotly_chart")

    def test_times_and_sizes_come_from_the_card_and_the_file(self, own_weights: Path, app: AppTest) -> None:
        own_weights.mkdir()
        fast = replace(sample_card("classification"), name="fast", title="Fast", speed=Speed(3.25, "one core"))
        for card in (sample_card("segmentation"), sample_card("classification"), fast):
            (own_weights / f"{card.name}.json").write_bytes(msgspec.json.encode(card))
        (own_weights / "fast.safetensors").write_bytes(bytes(4_200_000))
        forget_models()
        checked(app.switch_page("pages/evidence.py").run())
        table = app.dataframe[0].value
        assert list(table.loc["Fast", ["Parameters", "File", "Time"]]) == [0.001, 4.2, 3.25]
        assert table.loc["★ ResNet-50", ["File", "Time"]].isna().all()
        assert any("on one core." in caption.value for caption in app.caption)
