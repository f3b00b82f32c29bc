from __future__ import annotations

import json
from typing import Any

import pytest

from skinvision.comparison import Comparison
from skinvision.render.charts import PALETTE, comparison_chart, probability_chart, wrapped
from tests.samples import TITLES, sample_analysis, sample_card

CARD = sample_card("classification")


def rows(target: str = "mel", prediction_set: tuple[str, ...] = ("mel", "bkl")) -> dict[str, Any]:
    """Legend name of every bar's group, by the bar's name."""
    figure = probability_chart(sample_analysis(prediction_set=prediction_set).prediction, CARD, target)
    return {name: bar.name for bar in figure.data for name in bar.y}


def test_bars_run_from_the_most_probable_class_down() -> None:
    figure = probability_chart(sample_analysis().prediction, CARD, "mel")
    order = [wrapped(TITLES[label]) for label in ("mel", "bkl", "nv", "bcc", "akiec", "vasc", "df")]
    assert list(figure.layout.yaxis.categoryarray) == ["<b>Melanoma</b>", *order[1:]]
    assert figure.layout.yaxis.autorange == "reversed"


def test_bars_are_as_long_as_their_labels_say() -> None:
    figure = probability_chart(sample_analysis().prediction, CARD, "mel")
    bars = {
        name: (value, text) for bar in figure.data for name, value, text in zip(bar.y, bar.x, bar.text, strict=True)
    }
    assert bars["<b>Melanoma</b>"] == (pytest.approx(0.63), "63 %")
    assert bars["Dermatofibroma"] == (pytest.approx(0.004), "< 1 %")
    assert sum(value for value, _ in bars.values()) == pytest.approx(1)


def test_prediction_set_and_explained_class_are_told_apart() -> None:
    groups = rows()
    assert groups["<b>Melanoma</b>"] == "Explained by the heatmap"
    assert groups["Benign keratosis"] == "In the prediction set"
    assert groups["Melanocytic nevus"] == "Outside the set"


def test_explained_class_is_pale_outside_the_set() -> None:
    prediction = sample_analysis(prediction_set=("mel",)).prediction
    inside, outside = (probability_chart(prediction, CARD, target).data[0].marker.color for target in ("mel", "nv"))
    assert inside != outside
    assert len(rows("nv", ("mel",))) == 7


def test_groups_without_a_class_are_not_in_the_legend() -> None:
    assert set(rows("mel", ("mel",)).values()) == {"Explained by the heatmap", "Outside the set"}


def test_each_class_has_a_bar_of_every_model() -> None:
    """Melanoma 63 and 23 %, mean 43; nevus 8 and 68 %, mean 38; benign keratosis 21 and 1 %, mean 11."""
    other = sample_analysis(probabilities=(0.02, 0.05, 0.01, 0.004, 0.23, 0.68, 0.006))
    figure = comparison_chart(Comparison(("A", "B"), (sample_analysis(), other)), CARD)
    assert [bar.name for bar in figure.data] == ["A", "B"]
    assert [bar.marker.color for bar in figure.data] == list(PALETTE[:2])
    for bar, values, text in zip(figure.data, ([0.63, 0.08], [0.23, 0.68]), ("63 %", "23 %"), strict=True):
        assert list(bar.y[:3]) == ["Melanoma", "Melanocytic nevus", "Benign keratosis"]
        assert list(bar.x[:2]) == pytest.approx(values)
        assert bar.text[0] == text
    assert figure.layout.barmode == "group"
    assert list(figure.layout.yaxis.categoryarray) == list(figure.data[0].y)


def test_text_takes_its_colour_from_the_page() -> None:
    figure = probability_chart(sample_analysis().prediction, CARD, "mel")
    layout = json.loads(figure.to_json())["layout"]
    assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == "rgba(0,0,0,0)"
    assert "color" not in layout["font"]
    assert "color" not in layout["yaxis"].get("tickfont", {})


@pytest.mark.parametrize("title", TITLES.values())
def test_names_are_wrapped_for_a_phone(title: str) -> None:
    assert all(len(line) <= 19 for line in wrapped(title).split("<br>"))
    assert wrapped(title).replace("<br>", " ") == title


def test_palette_has_a_colour_for_every_class() -> None:
    assert len(set(PALETTE)) == len(TITLES)
