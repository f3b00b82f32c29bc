from __future__ import annotations

import pytest

from skinvision.render import evidence_charts
from skinvision.render.evidence_charts import (
    confusion_chart,
    dice_chart,
    history_chart,
    reliability_chart,
    roc_chart,
)
from tests.samples import LABELS, classification_report, history, sample_card, segmentation_report

CARD, REPORT = sample_card("classification"), classification_report()


def test_confusion_colours_shares_of_the_row_and_writes_counts() -> None:
    heat = confusion_chart(REPORT, CARD).data[0]
    row = LABELS.index("mel")
    assert tuple(heat.text[row]) == (1, 0, 9, 0, 55, 15, 0)
    assert heat.z[row][row] == pytest.approx(55 / 80)
    assert sum(heat.z[LABELS.index("df")]) == 0
    assert heat.y[row] == "Melanoma (mel)"
    assert list(heat.x) == list(LABELS)


def test_roc_names_every_curve_with_its_area() -> None:
    chance, *curves = roc_chart(REPORT, CARD).data
    assert list(chance.x) == list(chance.y) == [0, 1]
    assert [curve.name for curve in curves][:2] == [
        "Actinic keratosis / Bowen's disease (AUC 0.950)",
        "Basal cell carcinoma (AUC 0.950)",
    ]
    assert len({(curve.line.color, curve.line.dash) for curve in curves}) == 6


def test_reliability_shows_both_sides_of_temperature_without_empty_bins() -> None:
    _, before, before_counts, after, after_counts = reliability_chart(REPORT).data
    assert before.name == "before temperature (ECE 0.087)"
    assert after.name == "after temperature (ECE 0.021)"
    assert len(before.x) == len(after.x) == 14
    assert sum(before_counts.y) == sum(after_counts.y) == sum(each.n for each in REPORT.reliability)


def test_dice_bars_hold_every_picture_and_the_mean_is_marked() -> None:
    figure = dice_chart(segmentation_report())
    bars = figure.data[0]
    assert sum(bars.y) == 600
    assert bars.x[0] == pytest.approx(0.025)
    assert tuple(bars.customdata[-1]) == pytest.approx((0.95, 1))
    assert figure.layout.shapes[0].x0 == 0.882
    assert figure.layout.annotations[0].text == "mean 0.882"


def test_history_marks_where_the_input_size_changed() -> None:
    figure = history_chart(history())
    train, val, score = figure.data
    assert (train.y[0], score.y[0]) == (2, 0.5)
    assert val.name == "loss, validation"
    assert score.name == "balanced accuracy, validation"
    assert {shape.x0 for shape in figure.layout.shapes} == {8.5}
    assert [note.text for note in figure.layout.annotations] == ["224 px"]


@pytest.mark.parametrize(
    "figure",
    [
        confusion_chart(REPORT, CARD),
        roc_chart(REPORT, CARD),
        reliability_chart(REPORT),
        dice_chart(segmentation_report()),
        history_chart(history()),
    ],
)
def test_grounds_are_clear_and_text_has_the_colour_of_the_page(figure: evidence_charts.go.Figure) -> None:
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert figure.layout.font.color is None
    assert figure.layout.height <= 640
