"""Who is compared with whom, and by what."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from skinvision.card import Dataset, ModelCard
from skinvision.render.leaderboard import FIGURES, boards, is_default, percent_with_interval, titles, with_interval
from tests.samples import classification_report, sample_card

CARD = sample_card("classification")


def other(name: str, balanced: float, **changes: object) -> ModelCard:
    report = msgspec.structs.replace(classification_report(), balanced_accuracy=balanced)
    return replace(CARD, name=name, test=report, **changes)


def test_models_of_the_same_test_are_ranked_and_others_have_a_board_of_their_own() -> None:
    photographs = (Dataset("photographs", "CC0", "nobody", "by number", {"test": 757}),)
    leaky = (replace(CARD.data[0], split="By image."),)
    fewer = msgspec.structs.replace(classification_report(), n=100)
    found = boards(
        [
            other("worse", 0.7),
            CARD,
            sample_card("segmentation"),
            other("elsewhere", 0.9, data=photographs),
            other("leaky", 0.9, data=leaky),
            other("better", 0.8),
            replace(CARD, name="fewer", test=fewer),
            other("two", 0.9, labels=("mel", "nv"), titles=("Melanoma", "Nevus")),
            replace(CARD, name="untested", test=None),
        ]
    )
    assert [[card.name for card in board.cards] for board in found] == [
        ["better", "resnet50", "worse"],
        ["unet"],
        ["elsewhere"],
        ["leaky"],
        ["fewer"],
        ["two"],
    ]
    assert [(board.task, board.data, board.n) for board in found[:3]] == [
        ("classification", "samples", 1358),
        ("segmentation", "samples", 600),
        ("classification", "photographs", 1358),
    ]
    assert found[0].figures[0].field == "balanced_accuracy"


@pytest.mark.parametrize("task", FIGURES)
def test_every_figure_is_one_that_the_report_has(task: str) -> None:
    card = sample_card(task)
    assert all(figure.of(card) is not None for figure in FIGURES[task])
    assert all(hasattr(card.test, f"{figure.field}_interval") for figure in FIGURES[task])


def test_a_figure_has_its_interval_where_the_card_does() -> None:
    balanced, accuracy, f1, *_ = FIGURES["classification"]
    assert [figure.interval_of(CARD) for figure in (balanced, accuracy, f1)] == [(0.74, 0.83), (0.86, 0.89), None]
    assert balanced.of(replace(CARD, test=None)) is None


def test_models_of_the_same_title_are_told_apart_by_name() -> None:
    cards = [CARD, replace(CARD, name="second"), sample_card("segmentation")]
    assert titles(cards) == {"resnet50": "ResNet-50 (resnet50)", "second": "ResNet-50 (second)", "unet": "UNet"}
    assert [is_default(card) for card in cards] == [True, False, True]


def test_numbers_stand_before_their_intervals() -> None:
    assert with_interval(0.743, (0.696, 0.787)) == "0.743 (0.696–0.787)"
    assert percent_with_interval(0.474, (0.3968, 0.5526)) == "47 % (40–55)"
    assert (with_interval(0.743, None), percent_with_interval(0.474, None)) == ("0.743", "47 %")
    assert with_interval(None, None) == percent_with_interval(None, None) == "–"
