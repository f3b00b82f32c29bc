"""Lesions in which it is known what decides: drawn, learnt from, and put before the methods."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from skinvision import phantom
from skinvision.catalogue import KNOWN_TRUTH, read_card
from skinvision.errors import DataRejected
from skinvision.methods import METHODS, ON_PICTURE
from skinvision.phantom import FEATURES
from skinvision.render import trial_words
from skinvision.render.interval_charts import truth_chart
from skinvision.reports import Interval, TruthReport
from skinvision.training.data import read_table
from skinvision.training.phantoms import write_phantoms
from skinvision.training.recipes import PHANTOM, PHANTOM_TITLES
from tests.pages import alts, bring, checked, click, lesion, models_in, opened, select
from tests.samples import sample_analysis, sample_card
from tests.test_cli import run
from tests.tiny import save_tiny


def _save_phantom() -> None:
    titles = tuple(PHANTOM_TITLES.values())
    save_tiny(
        "classification", name=KNOWN_TRUTH, labels=FEATURES, titles=titles, title="Phantoms", modality="synthetic"
    )


@pytest.fixture
def own(own_weights: Path) -> Path:
    for task in ("segmentation", "classification"):
        save_tiny(task)
    _save_phantom()
    return own_weights


@pytest.fixture(scope="module")
def with_phantom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("with_phantom")
    with models_in(folder):
        for task in ("segmentation", "classification"):
            save_tiny(task)
        _save_phantom()
        yield


def test_lessons_differ_where_their_features_are_and_nowhere_else() -> None:
    drawn = [phantom.lesson(3, 96, 128, feature) for feature in FEATURES]
    for other in drawn[1:]:
        np.testing.assert_array_equal(drawn[0].mask, other.mask)
        far = ~drawn[0].mask
        assert np.abs(drawn[0].image[far].astype(int) - other.image[far]).mean() < 2
        assert np.abs(drawn[0].image[other.feature_mask].astype(int) - other.image[other.feature_mask]).mean() > 4


def test_the_ground_of_a_feature_is_its_own_unless_another_is_asked_for() -> None:
    own, same = (phantom.draw(3, height=96, width=128, feature="vessels", ground=g) for g in (None, "vessels"))
    other = phantom.draw(3, height=96, width=128, feature="vessels", ground="network")
    np.testing.assert_array_equal(own.image, same.image)
    assert not np.array_equal(own.image, other.image)


def test_a_folder_of_phantoms_can_be_learnt_from(tmp_path: Path) -> None:
    write_phantoms(tmp_path / "out", 20, 64, 64)
    table = pd.read_csv(tmp_path / "out" / "metadata.csv")
    assert table["split"].value_counts().to_dict() == {"train": 16, "val": 2, "test": 2}
    assert set(table["dx"]) <= set(FEATURES) == set(PHANTOM.labels)
    assert len(read_table(tmp_path / "out")) == 20
    with pytest.raises(DataRejected, match="to be made"):
        write_phantoms(tmp_path / "out", 20)


def test_all_methods_are_measured_and_the_card_has_it(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, lines, _ = run(capsys, "truth", "--pictures", 6, "--json")
    assert status == 0
    found = json.loads(lines[0])
    assert found  # of six lesions, an untrained network names one rightly, by chance: always the same one
    card = read_card(KNOWN_TRUTH)
    assert own.is_dir()
    assert list(found) == list(card.truth) == [*card.stages[::-1], ON_PICTURE]
    of_picture = [name for name, method in METHODS.items() if not method.by_stage]
    assert list(card.truth[ON_PICTURE]) == of_picture
    assert all({*card.truth[stage], *of_picture} == set(METHODS) for stage in card.stages)
    reports = [of for by_method in card.truth.values() for of in by_method.values()]
    for of in reports:
        assert 1 <= of.n <= 6
        assert 0 <= of.share.low <= of.share.value <= of.share.high <= 1
    shares = [card.truth[stage]["layercam"].share.value for stage in card.stages]
    assert len(set(shares)) > 2  # other maps at other stages
    _, lines, _ = run(capsys, "truth", "--pictures", 6)
    shown = [line for line in lines if " … " in line]
    assert [line.split("|")[1].strip() for line in shown] == 2 * [method.title for method in METHODS.values()]
    assert sum(line.count(" … ") for line in shown) == 2 * len(reports)


@pytest.mark.usefixtures("with_phantom")
def test_the_page_draws_a_lesion_and_what_maps_have_of_its_feature() -> None:
    app = _view(opened("believe.py"))
    assert len(alts(app, "The lesion with its feature outlined: network")) == 1
    quick = [method.title for method in METHODS.values() if not method.is_slow]
    assert [alt.split(" heatmap")[0] for alt in _maps(app)] == quick
    select(app, "What decides", "veil")
    assert len(alts(app, "The lesion with its feature outlined: veil")) == 1
    before = _shares(app)
    click(app, "Another lesion")
    assert _shares(app) != before
    before = _shares(app)
    select(app, "Stage of the small network", "stage2")
    assert _shares(app) != before
    assert all(" at stage2: " in alt for alt in _maps(app))


@pytest.mark.usefixtures("with_phantom")
def test_the_network_of_phantoms_is_offered_for_no_real_lesion() -> None:
    app = bring(opened("explain.py"), lesion(1))
    network = next(box for box in app.selectbox if box.label == "Network")
    assert network.options == ["ResNet-50"]


def test_without_its_network_the_page_says_so(tiny_models: Path) -> None:
    with models_in(tiny_models):
        app = _view(opened("believe.py"))
        assert "is not installed" in app.info[0].value


def test_words_and_chart_give_the_figures() -> None:
    analysis, card = sample_analysis(), sample_card("classification")
    assert trial_words.found(analysis.explanation("mel"), 0.125) == "77 % inside the feature: 6.1 × an even map."
    assert trial_words.found(analysis.explanation("vasc"), 0.125) == "No positive evidence."
    assert trial_words.named(analysis.prediction, card, "mel") == "The network names it Melanoma, with 63 %."
    assert "That is wrong: it is Dermatofibroma" in trial_words.named(analysis.prediction, card, "df")
    reports = {
        "grad-cam": TruthReport(40, Interval(0.4, 0.3, 0.5), 0.1, Interval(0.8, 0.7, 0.9)),
        "layercam": TruthReport(40, Interval(0.6, 0.5, 0.7), 0.1, Interval(0.9, 0.8, 1.0)),
    }
    assert "10 % inside" in trial_words.truth_reading(reports)
    assert trial_words.truth_alt(reports).endswith("Grad-CAM 40 %, LayerCAM 60 %")
    figure = truth_chart(reports)
    assert list(figure.data[0].x) == [0.6, 0.4]
    assert list(figure.layout.yaxis.ticktext) == ["LayerCAM", "Grad-CAM"]
    assert figure.layout.shapes[0].x0 == 0.1


def _view(app: AppTest) -> AppTest:
    app.get("button_group")[0].set_value("Where the truth is known")
    return checked(app.run())


def _maps(app: AppTest) -> list[str]:
    return [alt for alt in alts(app, "") if " heatmap for " in alt]


def _shares(app: AppTest) -> list[str]:
    return [line.value for line in app.caption if "inside the feature" in line.value or "No positive" in line.value]
