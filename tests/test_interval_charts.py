from __future__ import annotations

import math
from dataclasses import replace

import pytest

from skinvision.render import interval_charts
from skinvision.render.interval_charts import groups_chart, models_chart, recall_chart
from skinvision.render.leaderboard import boards, titles
from skinvision.reports import GroupReport
from tests.samples import classification_report, sample_card

CARD, REPORT = sample_card("classification"), classification_report()
CARDS = [
    replace(CARD, name="untold"),
    CARD,
    replace(sample_card("segmentation"), title="A very long name of a network"),
]
GROUPS = {
    "many": GroupReport(300, 0.8, (0.75, 0.84), 20, 0.5, (0.3, 0.7)),
    "few melanomas": GroupReport(30, 0.9, (0.74, 0.97), 9, 0.0, (0.0, 0.3)),
    "few": GroupReport(29, 1.0, (0.88, 1.0), 0, None, None),
}


def test_recall_has_its_interval_and_skips_absent_classes() -> None:
    figure = recall_chart(REPORT, CARD)
    dots = figure.data[0]
    assert len(dots.x) == 6
    names = dict(zip(figure.layout.yaxis.tickvals, figure.layout.yaxis.ticktext, strict=True))
    at = [names[row] for row in dots.y].index("Melanoma<br>n = 80")
    assert dots.x[at] == pytest.approx(55 / 80)
    spread = 2 * math.sqrt(55 / 80 * 25 / 80 / 80)
    assert dots.error_x.array[at] == pytest.approx(spread)
    assert dots.error_x.arrayminus[at] == pytest.approx(spread)
    assert "Dermatofibroma<br>n = 0" in names.values()


def test_models_stand_below_each_other_with_the_default_in_bold_and_all_of_their_intervals_in_sight() -> None:
    board, _ = boards(CARDS)
    figure = models_chart(board, titles(CARDS))
    dots = figure.data[0]
    assert list(figure.layout.yaxis.ticktext) == ["ResNet-50 (untold)", "<b>ResNet-50 (resnet50)</b>"]
    assert (list(dots.x), list(dots.text)) == ([0.79, 0.79], ["0.790", "0.790"])
    low, high = figure.layout.xaxis.range
    assert low < 0.74 < 0.83 < high


def test_a_long_name_goes_in_lines() -> None:
    _, board = boards(CARDS)
    assert list(models_chart(board, titles(CARDS)).layout.yaxis.ticktext) == ["<b>A very long name of a<br>network</b>"]


def test_groups_have_all_pictures_above_melanomas_and_small_numbers_pale() -> None:
    all_many, all_few, melanoma_many, melanoma_few, absent = groups_chart(GROUPS).data
    assert list(all_many.text) == ["80 % of 300", "90 % of 30"]
    assert list(all_few.text) == ["100 % of 29"]
    assert list(melanoma_many.text) == ["50 % of 20"]
    assert list(melanoma_few.text) == ["0 % of 9"]
    assert all_many.marker.symbol == melanoma_many.marker.symbol == "circle"
    assert all_few.marker.symbol == melanoma_few.marker.symbol == "circle-open"
    assert all_few.y[0] < absent.y[0], "the melanomas of the last group stand below its pictures"
    assert melanoma_many.error_x.array[0] == pytest.approx(0.2)


def test_words_stay_inside_the_chart() -> None:
    _, all_few, melanoma_many, melanoma_few, _ = groups_chart(GROUPS).data
    positions = [trace.textposition[0] for trace in (all_few, melanoma_many, melanoma_few)]
    assert positions == ["top left", "top center", "top right"]


def test_a_model_that_knows_no_melanoma_has_no_word_about_them() -> None:
    *_, melanoma_many, melanoma_few = groups_chart({"few": GROUPS["few"]}).data
    assert len(melanoma_many.x) == len(melanoma_few.x) == 0


@pytest.mark.parametrize(
    "figure", [recall_chart(REPORT, CARD), models_chart(boards(CARDS)[0], titles(CARDS)), groups_chart(GROUPS)]
)
def test_grounds_are_clear_and_text_has_the_colour_of_the_page(figure: interval_charts.go.Figure) -> None:
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert figure.layout.font.color is None
    assert figure.layout.height <= 640
