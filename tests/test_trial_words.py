"""What the tests of a map and pictures under stress are in words and charts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from skinvision.faithfulness import (
    Compared,
    Findings,
    Inside,
    Reason,
    References,
    Similarity,
    Stability,
    judge,
)
from skinvision.render import stress_words, trial_charts, trial_words
from skinvision.render.charts import grouped_chart
from skinvision.render.inside_charts import inside_chart, insides_chart
from skinvision.render.interval_charts import sweep_chart
from skinvision.reports import InsideReport, Interval, Spread, StressReport, Sweep
from skinvision.stress import artefact
from tests.samples import LABELS, sample_analysis, sample_card
from tests.trials import level_curves

CARD = sample_card("classification")
BEFORE = sample_analysis()
AFTER = sample_analysis(probabilities=(0.02, 0.05, 0.21, 0.004, 0.08, 0.63, 0.006))


COMPARED = Compared(
    level_curves(0.2, 0.8), References((level_curves(0.4, 0.6), level_curves(0.6, 0.4)), level_curves(0.4, 0.6))
)
CASCADE = {"head": Similarity(0.5, 0.3), "stage4": Similarity(0.1, -0.2)}
STABILITY = Stability(0.1, 0.05, 0.9, 0.2)
FINDINGS = Findings(COMPARED, None, CASCADE, STABILITY, Similarity(0.5, 0.4), Inside(0.7, 0.3, True))


def test_a_reason_has_a_sign_and_says_for_what_it_stands() -> None:
    reason = Reason("ROAD", "against", "Of 90 % little is left.")
    assert trial_words.reason_title(reason) == ":material/do_not_disturb_on: **ROAD**, speaks against the map:"
    titles = [trial_words.reason_title(reason) for reason in judge(FINDINGS).reasons]
    assert titles[0].endswith("**Compared with chance**, speaks for the map:")
    assert titles[2].endswith("**ROAD**, cannot be told:")
    assert titles[5].endswith("**Compared with another class**, speaks for the map:")
    assert titles[6].endswith("**Inside the lesion**, about the network:")


def test_alternative_texts_give_the_figures() -> None:
    assert trial_words.curves_alt(FINDINGS) == (
        "Areas under deletion and insertion. the map: 0.20 and 0.80; random blocks: 0.50 and 0.50; "
        "a blob in the middle: 0.40 and 0.60"
    )
    assert trial_words.randomisation_alt(FINDINGS).endswith("Head 0.30, Stage 4 -0.20")
    assert trial_words.stability_alt(STABILITY).endswith("Noise 10 %, shift 5 %, JPEG 20 %, mirror 90 %")


def test_three_lines_in_each_of_two_curves() -> None:
    figure = trial_charts.curves_chart(COMPARED)
    assert [(line.name, line.y[1]) for line in figure.data] == [
        ("The map", 0.2),
        ("The map", 0.8),
        ("Random blocks, mean", 0.5),
        ("Random blocks, mean", 0.5),
        ("A blob in the middle", 0.4),
        ("A blob in the middle", 0.6),
    ]
    assert sum(line.showlegend for line in figure.data) == 3


def test_randomisation_begins_with_the_map_itself_and_shows_what_is_below_nought() -> None:
    figure = trial_charts.randomisation_chart(CASCADE, 0.7)
    assert list(figure.data[0].x) == ["Nothing", "Head", "Stage 4"]
    assert [list(line.y) for line in figure.data] == [[1.0, 0.3, -0.2], [1.0, 0.5, 0.1]]
    assert figure.layout.yaxis.range[0] < -0.2


def test_stability_shows_the_limit_of_the_rule() -> None:
    figure = trial_charts.stability_chart(STABILITY, 0.5)
    assert list(figure.data[0].x) == [0.1, 0.05, 0.2, 0.9]
    assert figure.layout.shapes[0].x0 == 0.5


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (BEFORE, "Melanoma, 63 %."),
        (sample_analysis(), "The answer stays: Melanoma. Melanoma: 63 % before, 63 % now."),
        (
            AFTER,
            "The answer changes from Melanoma to Melanocytic nevus. Melanoma: 63 % before, 8 % now.",
        ),
        (
            sample_analysis(in_distribution=False),
            "Unlike the training pictures, so this answer means nothing. The answer stays: Melanoma. Melanoma: 63 % "
            "before, 63 % now.",
        ),
    ],
)
def test_what_a_network_says_under_stress(after: object, said: str) -> None:
    assert stress_words.answer(after, BEFORE, CARD, "mel") == said


def test_a_change_tells_where_the_evidence_goes_if_there_is_any() -> None:
    assert stress_words.change_sentence(AFTER, BEFORE, CARD, "mel").endswith(
        "Evidence inside the lesion: 77 % before, 77 % now."
    )
    assert "Evidence" not in stress_words.change_sentence(AFTER, BEFORE, CARD, "vasc")


def test_what_is_known_of_a_change_before_it_is_tried() -> None:
    twice = replace(CARD, looks=2)
    assert stress_words.known(artefact("turn"), twice) == [stress_words.BOTH_WAYS, artefact("turn").note]
    assert stress_words.known(artefact("turn"), CARD) == [artefact("turn").note]
    assert stress_words.known(artefact("blur"), twice) == [artefact("blur").note]


def test_the_ends_of_a_slider_are_explained() -> None:
    assert stress_words.strength_help(artefact("turn")) == "0 %: upright; 100 %: upside down, turned by 180°."
    assert stress_words.strength_help(artefact("tone")).startswith("−100 %: skin darker by 20 of the 100 steps")


def test_diagnoses_that_nobody_holds_likely_are_left_out_of_the_bars() -> None:
    predictions = {"As it is": BEFORE.prediction, "With it": AFTER.prediction}
    labels = stress_words.notable(predictions, 0.05)
    assert labels == ["mel", "bkl", "nv", "bcc"]
    figure = grouped_chart(predictions, labels, CARD)
    assert [bar.name for bar in figure.data] == ["As it is", "With it"]
    assert list(figure.data[1].x) == pytest.approx([0.08, 0.21, 0.63, 0.05])
    assert len(stress_words.notable(predictions, 0.0)) == len(LABELS)
    assert "Melanoma: as it is 63 %, with it 8 %" in stress_words.probabilities_alt(predictions, labels, CARD)


def test_a_share_is_placed_among_those_of_held_out_pictures() -> None:
    """Shares from 0 to 1 in equal steps: the middle half is a quarter to three quarters."""
    hits = Interval(0.9, 0.77, 0.96)
    held_out = InsideReport(Spread(40, tuple(step / 20 for step in range(21))), hits)
    assert trial_words.among_held_out(0.8, held_out, "Melanoma") == (
        "Of 40 held-out pictures of Melanoma, the middle half have 25 % to 75 %; this map has more than about 80 % of "
        "them. The maximum lies inside in 90 % of them (95 % interval: 77 % to 96 %)."
    )
    assert "more than about 0 % of them" in trial_words.among_held_out(0.0, held_out, "Melanoma")
    tied = InsideReport(Spread(40, (*(step / 20 for step in range(11)), *[1.0] * 10)), hits)
    assert "more than about 55 % of them" in trial_words.among_held_out(1.0, tied, "Melanoma")


def test_a_share_is_drawn_across_those_of_held_out_pictures() -> None:
    held_out = InsideReport(Spread(40, tuple(step / 20 for step in range(21))), Interval(0.9, 0.77, 0.96))
    found = Inside(0.8, 0.3, True)
    (box,) = [trace for trace in inside_chart(found, held_out).data if trace.type == "box"]
    ends = (box.lowerfence, box.q1, box.median, box.q3, box.upperfence)
    assert [value for (value,) in ends] == [0.05, 0.25, 0.5, 0.75, 0.95]
    lines = inside_chart(found, held_out).layout.shapes
    assert {line.name: line.x0 for line in lines} == {"This map": 0.8, "An even map": 0.3}
    by_class = insides_chart(Sweep({"mel": 40}, 0.5, Interval(0.7, 0.6, 0.8), {"mel": held_out}, {}), CARD)
    boxes, hits = by_class.data
    assert list(boxes.median) == [0.5]
    assert (list(hits.x), list(hits.error_x.array)) == ([0.9], [pytest.approx(0.06)])
    assert list(by_class.layout.yaxis.ticktext) == ["Melanoma<br>n = 40"]
    alt = trial_words.inside_alt(found, held_out)
    assert "This map 80 %, an even map 30 %; held-out pictures 5 % to 95 %, the middle half 25 % to 75 %" in alt


def test_changes_that_turn_most_answers_stand_on_top() -> None:
    under = {
        "ink": StressReport("Ink mark", Interval(0.1, 0.05, 0.2), Interval(-0.02, -0.1, 0.05), None),
        "blur": StressReport("Blur", Interval(0.4, 0.3, 0.5), Interval(0.2, 0.1, 0.3), Interval(0.1, 0.0, 0.2)),
    }
    sweep = Sweep({"mel": 40}, 0.5, Interval(0.7, 0.6, 0.8), {}, under)
    flips, loss, leaves = (sweep_chart(sweep, measure) for measure in ("flips", "loss", "leaves"))
    assert list(leaves.data[0].x) == [0.1], "of ink it is not known"
    assert list(flips.data[0].x) == [0.4, 0.1]
    assert list(loss.data[0].x) == [0.2, -0.02]
    assert [list(chart.layout.yaxis.ticktext) for chart in (flips, loss, leaves)] == [["Blur", "Ink mark"]] * 3
    low, high = loss.layout.xaxis.range
    assert low < -0.1
    assert high > 0.3
    assert [dot.split()[-1] for dot in flips.data[0].text] == ["%", "%"]
    assert list(loss.data[0].text) == ["20", "−2"], "percentage points"
    assert flips.layout.xaxis.range[0] == pytest.approx(-0.03), "no share is negative"


def test_what_is_strange_to_the_network_is_called_so_in_the_legend() -> None:
    assert stress_words.series("With it", AFTER.prediction) == "With it"
    strange = sample_analysis(in_distribution=False).prediction
    assert stress_words.series("With it", strange) == "With it (unlike the training pictures)"
