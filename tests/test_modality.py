"""The Analyse page with models for dermoscopy and for clinical photographs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from skinvision.catalogue import read_card
from skinvision.render import words
from skinvision.types import LesionMask
from tests.pages import bring, checked, click, lesion, models_in, opened, select, uploads
from tests.tiny import save_tiny

QUESTION = "What kind of pictures are these?"


@pytest.fixture(scope="module", autouse=True)
def _both_kinds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with models_in(tmp_path_factory.mktemp("both_kinds")):
        save_tiny("segmentation")
        save_tiny("classification")
        labels, titles = ("eczema", "tinea"), ("Eczema", "Tinea (ringworm)")
        save_tiny(
            "classification", 1, name="clinical", title="Photos", modality="photograph", labels=labels, titles=titles
        )
        yield


@pytest.fixture
def app() -> AppTest:
    return bring(opened(), lesion(1))


def _kind(app: AppTest, kind: str) -> AppTest:
    next(group for group in app.get("button_group") if group.label == QUESTION).set_value(kind)
    return checked(app.run())


def _classifiers(app: AppTest) -> list[str]:
    return list(next(box for box in app.selectbox if box.label == "Names the disease").options)


def test_dermoscopy_comes_first_and_each_kind_has_its_own_classifiers(app: AppTest) -> None:
    assert _classifiers(app) == [read_card("resnet50").title]
    _kind(app, "photograph")
    assert _classifiers(app) == [read_card("clinical").title]
    (upload,) = uploads(app)
    assert [wanted.classifier for wanted in upload.analyses] == ["resnet50", "clinical"]
    _kind(app, "dermoscopy")
    assert len(upload.analyses) == 2


def test_the_classes_to_explain_are_those_of_the_kind(app: AppTest) -> None:
    _kind(app, "photograph")
    target = next(box for box in app.selectbox if box.label == "Class to explain")
    assert target.options == ["The predicted one", "Eczema", "Tinea (ringworm)"]


def test_an_outline_on_a_photograph_carries_its_notice(app: AppTest) -> None:
    (upload,) = uploads(app)
    notices = [words.outline_notice(analysis.mask, read_card("clinical")) for analysis in upload.analyses.values()]
    assert not any(notices[0] == caption.value.replace("\\", "") for caption in app.caption)
    _kind(app, "photograph")
    assert any(notices[0] == caption.value.replace("\\", "") for caption in app.caption)


def test_the_kind_survives_another_page_and_clearing_begins_anew(app: AppTest) -> None:
    _kind(app, "photograph")
    checked(app.switch_page("pages/about.py").run())
    checked(app.switch_page("pages/analyse.py").run())
    assert _classifiers(app) == [read_card("clinical").title]
    click(app, "Clear everything")
    bring(app, lesion(2))
    assert _classifiers(app) == [read_card("resnet50").title]


def test_pages_that_look_into_a_picture_begin_with_a_network_for_its_kind(app: AppTest) -> None:
    for kind, network in (("photograph", "clinical"), ("dermoscopy", "resnet50")):
        checked(app.switch_page("pages/analyse.py").run())
        _kind(app, kind)
        for page in ("explain", "believe", "shortcuts"):
            checked(app.switch_page(f"pages/{page}.py").run())
            assert next(box for box in app.selectbox if box.label == "Network").value == network


def test_what_is_not_to_be_trusted_is_no_outline_on_the_page_shortcuts_either(app: AppTest) -> None:
    checked(app.switch_page("pages/shortcuts.py").run())
    select(app, "Network", "clinical")
    (upload,) = uploads(app)
    wanted = next(each for each in upload.analyses if each.classifier == "clinical")
    analysis = upload.analyses[wanted]
    limb = np.zeros_like(analysis.mask.probability)
    limb[:, : limb.shape[1] // 2] = 1
    upload.analyses[wanted] = replace(analysis, mask=LesionMask(limb))
    upload.drawn.clear()
    checked(app.run())
    assert any("the picture cannot be taken apart" in info.value for info in app.info)
    next(group for group in app.get("button_group") if group.label == "View").set_value("Add an artefact")
    checked(app.run())
    assert upload.drawn["as it is"][1].mask.box is None
    assert any("no outline to go by" in caption.value for caption in app.caption)
