"""Lesions in which it is known what decides: drawn, learnt from, and put before the methods."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from skinvision import phantom
from skinvision.card import Dataset
from skinvision.catalogue import KNOWN_TRUTH, read_card
from skinvision.errors import DataRejected
from skinvision.faithfulness import guesses
from skinvision.faithfulness.maps import centre_blob
from skinvision.methods import METHODS, ON_PICTURE
from skinvision.phantom import FEATURES
from skinvision.render import trial_words
from skinvision.render.interval_charts import truth_chart
from skinvision.reports import GUESSES, FoundReport, Interval, TruthReport
from skinvision.training.data import read_table
from skinvision.training.phantoms import write_phantoms
from skinvision.training.recipes import PHANTOM, PHANTOM_TITLES
from tests.pages import alts, bring, checked, click, headers, lesion, models_in, opened, select
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


@pytest.mark.usefixtures("own")
def test_all_methods_are_measured_and_the_card_has_it(capsys: pytest.CaptureFixture[str]) -> None:
    status, lines, _ = run(capsys, "truth", "--pictures", 6, "--json")
    assert status == 0  # of six lesions, an untrained network names one rightly, by chance: always the same one
    assert read_card(KNOWN_TRUTH).truth is None
    _, shown, _ = run(capsys, "truth", "--pictures", 6, "--update")
    card = read_card(KNOWN_TRUTH)
    assert card.truth == msgspec.json.decode(lines[0], type=TruthReport)
    assert card.truth is not None
    assert 1 <= card.truth.n <= 6
    assert list(card.truth.maps) == [*card.stages[::-1], ON_PICTURE]
    assert list(card.truth.guesses) == list(GUESSES)
    of_picture = {name for name, method in METHODS.items() if not method.by_stage}
    assert set(card.truth.maps[ON_PICTURE]) == of_picture
    assert all({*card.truth.maps[stage]} | of_picture == set(METHODS) for stage in card.stages)
    for of in (report for maps in card.truth.maps.values() for report in maps.values()):
        assert 0 <= of.share.low <= of.share.value <= of.share.high <= 1
        assert of.hits is not None
    shares = {card.truth.maps[stage]["layercam"].share.value for stage in card.stages}
    assert len(shares) > 2  # other maps at other stages
    rows = [line.split("|")[1].strip() for line in shown if " … " in line]
    titles = [method.title for method in METHODS.values()]
    assert rows == [*GUESSES.values(), *titles, GUESSES["blob"], *titles]


def test_a_network_that_names_no_lesion_rightly_cannot_be_asked(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert own.is_dir()
    save_tiny("classification", name=KNOWN_TRUTH, labels=tuple("abcde"), titles=tuple("ABCDE"), modality="synthetic")
    status, _, errors = run(capsys, "truth", "--pictures", 2, "--update")
    assert status == 2
    assert "names rightly" in errors
    assert read_card(KNOWN_TRUTH).truth is None


def test_guesses_have_the_share_that_one_can_write_down() -> None:
    lesion, sought = (np.zeros((40, 60), bool) for _ in range(2))
    lesion[10:30, 15:45] = True  # a quarter of the picture
    sought[10:20, 15:30] = True  # a quarter of that
    found = guesses(lesion, sought)
    assert found["even"] == (1 / 16, None)
    assert found["lesion"] == (1 / 4, None)
    blob = centre_blob(40, 60)
    assert found["blob"].share == pytest.approx(float(blob[sought].sum() / blob.sum()), rel=1e-5)
    assert found["blob"].hit is True  # the middle of an even number of pixels is four of them, one of which is sought


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
    assert all(" at Stage 2: " in alt for alt in _maps(app))


@pytest.mark.usefixtures("with_phantom")
def test_the_network_of_phantoms_is_offered_for_no_real_lesion() -> None:
    app = bring(opened("explain.py"), lesion(1))
    network = next(box for box in app.selectbox if box.label == "Network")
    assert network.options == ["ResNet-50"]


def test_its_figures_are_not_taken_for_those_of_diagnoses(tmp_path: Path) -> None:
    drawn = (Dataset("drawn", "Apache-2.0", "nobody", "by number", {"test": 757}),)
    with models_in(tmp_path):
        for task in ("segmentation", "classification"):
            save_tiny(task)
        save_tiny("classification", name=KNOWN_TRUTH, title="Phantoms", modality="synthetic", data=drawn)
        assert headers(opened("evidence.py")) == [
            "Which diagnosis it is",
            "Which feature a synthetic lesion has",
            "Where the lesion is",
        ]


def test_without_its_network_the_page_says_so(tiny_models: Path) -> None:
    with models_in(tiny_models):
        app = _view(opened("believe.py"))
        assert "is not installed" in app.info[0].value


def test_words_and_chart_give_the_figures() -> None:
    analysis, card = sample_analysis(), sample_card("classification")
    shares = {"even": 0.1, "blob": 0.2, "lesion": 0.4}
    assert trial_words.found(0.77, shares) == "77 % inside the feature: more than by any guess."
    assert trial_words.found(0.15, shares) == "15 % inside the feature: no more than a blob in the middle has (20 %)."
    assert trial_words.found(math.nan, shares) == "No positive evidence."
    assert trial_words.guessed(shares).startswith("Inside it: an even map 10 %, a blob")
    assert trial_words.named(analysis.prediction, card, "mel") == "The network names it Melanoma, with 63 %."
    assert "That is wrong: it is Dermatofibroma" in trial_words.named(analysis.prediction, card, "df")
    maps = {
        "grad-cam": FoundReport(Interval(0.4, 0.3, 0.5), Interval(0.8, 0.7, 0.9)),
        "layercam": FoundReport(Interval(0.6, 0.5, 0.7), Interval(0.9, 0.8, 1.0)),
    }
    even = {"even": FoundReport(Interval(0.5, 0.4, 0.6), None)}
    assert "40 lesions" in trial_words.truth_reading(TruthReport(40, even, {"stage4": maps}))
    assert trial_words.truth_alt(maps, even).endswith("Grad-CAM 40 %, LayerCAM 60 %, an even map 50 %")
    figure = truth_chart(maps, even)
    assert [list(trace.x) for trace in figure.data] == [[0.6, 0.4], [0.5], [0.9, 0.8], []]
    assert list(figure.layout.yaxis.ticktext) == ["LayerCAM", "An even map", "Grad-CAM"]


def _view(app: AppTest) -> AppTest:
    app.get("button_group")[0].set_value("Where the truth is known")
    return checked(app.run())


def _maps(app: AppTest) -> list[str]:
    return [alt for alt in alts(app, "") if " heatmap for " in alt]


def _shares(app: AppTest) -> list[str]:
    return [line.value for line in app.caption if "inside the feature" in line.value or "No positive" in line.value]
