"""What follows from the study's figures is said as they have it, and the page shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from streamlit.testing.v1 import AppTest

from skinvision import catalogue
from skinvision.card import ModelCard
from skinvision.errors import WeightsRejected
from skinvision.render.interval_charts import study_chart
from skinvision.render.study import REGIONS, SPLITS, difference, rows, worth_of_regions, worth_of_the_leak
from skinvision.reports import Interval
from tests.pages import checked, headers, models_in, opened
from tests.samples import classification_report, sample_card
from tests.tiny import save_tiny

FIGURES = {"study-whole": 0.70, "study-box": 0.74, "study-lesion": 0.60, "study-by-image": 0.85}


def run(name: str, balanced: float) -> ModelCard:
    interval = (balanced - 0.03, balanced + 0.04)
    test = msgspec.structs.replace(
        classification_report(), balanced_accuracy=balanced, balanced_accuracy_interval=interval
    )
    return replace(sample_card("classification"), name=name, test=test)


CARDS = tuple(run(name, balanced) for name, balanced in FIGURES.items())


def test_a_question_needs_all_of_its_runs_with_their_figures() -> None:
    assert [row.title for row in rows(CARDS, REGIONS)] == list(REGIONS.values())
    assert [row.test.value for row in rows(CARDS, SPLITS)] == [0.70, 0.85]
    assert not rows(CARDS[1:], SPLITS)
    assert not rows([replace(CARDS[0], test=None), *CARDS[1:]], REGIONS)


def test_the_interval_of_a_difference_worked_out_on_paper() -> None:
    """Half widths 3 and 4 on the sides that meet give 5."""
    found = difference(Interval(0.8, 0.77, 0.81), Interval(0.7, 0.68, 0.74))
    assert (found.value, found.low, found.high) == pytest.approx((0.1, 0.1 - 0.05, 0.1 + (0.01**2 + 0.02**2) ** 0.5))
    same = difference(Interval(0.5, 0.4, 0.6), Interval(0.5, 0.4, 0.6))
    assert same.low == pytest.approx(-same.high)


def test_what_follows_is_said_by_the_intervals() -> None:
    told = worth_of_regions(rows(CARDS, REGIONS))
    assert "by +4.0 points (95 %: −1.0 to +9.0) with the box and by −10.0 points (95 %: −15.0 to " in told
    assert "So the box cannot be told from it on so few pictures, and the lesion alone did worse: that" in told
    assert told.endswith("that segmentation helps is not shown here.")
    box = worth_of_regions(rows([CARDS[0], run("study-box", 0.8), CARDS[2]], REGIONS))
    assert "So the box did better and the lesion alone did worse: it helps to show a network the box here." in box
    neither = worth_of_regions(rows([CARDS[0], run("study-box", 0.7), run("study-lesion", 0.7)], REGIONS))
    assert "So neither can be told from it on so few pictures: that segmentation" in neither
    both = worth_of_regions(rows([CARDS[0], run("study-box", 0.8), run("study-lesion", 0.8)], REGIONS))
    assert both.endswith("it helps to show a network the box and the lesion alone here.")


def test_a_leak_is_said_to_help_only_where_it_does() -> None:
    told = worth_of_the_leak(rows(CARDS, SPLITS))
    assert "gets 0.850 instead of 0.700: +15.0 points (95 %: +10.0 to +20.0) that it would not keep" in told
    for balanced, points in ((0.71, "+1.0"), (0.70, "+0.0"), (0.60, "−10.0")):
        told = worth_of_the_leak(rows([CARDS[0], run("study-by-image", balanced)], SPLITS))
        assert f"a difference of {points} points" in told
        assert "no gain from the leak can be told from chance" in told


def test_both_splits_stand_beside_each_other() -> None:
    test, val = study_chart(rows(CARDS, REGIONS)).data
    assert (list(test.x), list(val.x)) == ([0.70, 0.74, 0.60], [0.79] * 3)
    assert test.error_x.array == pytest.approx([0.04] * 3)


@pytest.fixture
def folder(own_weights: Path) -> Iterator[Path]:
    save_tiny("segmentation")
    save_tiny("classification")
    (own_weights / "study").mkdir()
    for card in CARDS:
        (own_weights / "study" / f"{card.name}.json").write_bytes(msgspec.json.encode(card))
    with models_in(own_weights):
        yield own_weights


def test_cards_of_the_study_are_no_models(folder: Path) -> None:
    assert {card.name for card in catalogue.study()} == set(FIGURES)
    assert catalogue.names("classification") == ("resnet50",)
    (folder / "study" / "study-box.json").write_text("{}")
    with pytest.raises(WeightsRejected, match=r"study-box\.json"):
        catalogue.study()


def test_evidence_shows_the_experiments(folder: Path) -> None:
    app = _experiments()
    assert headers(app) == ["Does it help to cut the lesion out?", "What does a leak add?"]
    regions, leak = (table.value for table in app.table)
    assert list(regions["Balanced accuracy, test"])[1] == "0.740 (0.710–0.780)"
    assert list(leak.index) == ["Split by lesion", "Split by image"]
    assert len(app.get("plotly_chart")) == 2
    assert any("+15.0 points" in text.value for text in app.markdown)
    (folder / "study" / "study-lesion.json").unlink()
    with models_in(folder):
        assert headers(_experiments()) == ["What does a leak add?"]


def test_without_a_whole_question_there_is_no_such_view(folder: Path) -> None:
    for name in ("whole", "lesion"):
        (folder / "study" / f"study-{name}.json").unlink()
    app = opened("evidence.py")
    assert app.get("button_group")[0].options == ["All models", "One model"]


def test_a_broken_card_of_the_study_leaves_the_models_alone(folder: Path) -> None:
    (folder / "study" / "study-box.json").write_text("{}")
    app = opened("evidence.py")
    assert "study-box.json" in app.warning[0].value.replace("\\", "")
    assert headers(app) == ["Which diagnosis it is", "Where the lesion is"]


def _experiments() -> AppTest:
    app = opened("evidence.py")
    app.get("button_group")[0].set_value("Experiments")
    return checked(app.run())
