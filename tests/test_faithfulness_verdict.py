"""The rule by which a map is believed or not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from skinvision.faithfulness import (
    HEADLINES,
    RULE,
    Compared,
    Curves,
    Findings,
    Inside,
    References,
    Road,
    Similarity,
    Stability,
    judge,
)
from skinvision.faithfulness.verdict import Code, Measure
from tests.trials import level_curves


def _compared(deletion: float, insertion: float) -> Compared:
    """Beside two random orders with areas of 0.5 and 0.5, and a blob in the middle with 0.4 and 0.6."""
    return Compared(
        level_curves(deletion, insertion), References((level_curves(0.5, 0.5),) * 2, level_curves(0.4, 0.6))
    )


def _cascade(*ranks: float) -> dict[str, Similarity]:
    return {str(number): Similarity(0.3, rank) for number, rank in enumerate(ranks)}


GOOD = Findings(
    compared=_compared(0.2, 0.8),
    road=Road(0.9, (0.5, 0.3, 0.1), (0.8, 0.7, 0.6)),
    randomised=_cascade(0.9, 0.1, -0.1),
    stability=Stability(0.1, 0.05, 0.9, 0.2),
    another=Similarity(0.4, 0.5),
    inside=Inside(0.7, 0.3, True),
)


def test_the_best_grade_is_no_green_tick() -> None:
    verdict = judge(GOOD)
    assert GOOD.compared
    draws = len(GOOD.compared.references.random)
    assert verdict.code == "believable"
    assert "true map of a network that is wrong" in verdict.headline
    assert [reason.stands for reason in verdict.reasons] == ["for"] * 6 + ["aside"]
    assert verdict.reasons[0].words == (
        "Area under deletion 0.20, by blocks in random order, on average 0.50 (lower is better); "
        "under insertion 0.80, by blocks in random order, on average 0.50 (higher is better). "
        f"Deletion goes better than in {draws} of {draws} random orders, insertion than in {draws}."
    )
    assert verdict.reasons[2].words == (
        "The probability is 90 % for the picture, 30 % without the most relevant pixels and 70 % without the least."
    )
    assert "mean rank correlation of 0.30 (SSIM 0.30)" in verdict.reasons[3].words
    assert (
        "10 % under noise, 5 % when moved by a pixel, 20 % as JPEG, and 90 % in the mirror" in verdict.reasons[4].words
    )
    assert "70 % of the evidence lies inside the lesion, which covers 30 %" in verdict.reasons[6].words
    assert verdict.reasons[5].words.endswith("has a rank correlation of 0.50 with this one.")


@pytest.mark.parametrize(
    ("change", "code", "against"),
    [
        ({"compared": _compared(0.45, 0.55)}, "doubtful", ["against a blob"]),
        ({"another": Similarity(1.0, 0.995)}, "doubtful", ["another class"]),
        ({"another": Similarity(0.99, 0.98)}, "believable", []),
        ({"compared": _compared(0.4, 0.6)}, "doubtful", ["against a blob"]),
        ({"compared": _compared(0.2, 0.45)}, "doubtful", ["against chance"]),
        ({"compared": _compared(0.2, 0.505)}, "believable", []),
        ({"compared": _compared(0.495, 0.505), "road": None}, "not believable", ["against chance", "against a blob"]),
        ({"compared": _compared(0.495, 0.505)}, "doubtful", ["against chance", "against a blob"]),
        ({"compared": _compared(0.395, 0.605)}, "doubtful", ["against a blob"]),
        ({"compared": _compared(0.3, 0.55)}, "believable", []),
        (
            {"compared": _compared(0.5, 0.5), "road": Road(0.9, (0.5,), (0.5,))},
            "not believable",
            ["against chance", "against a blob", "ROAD"],
        ),
        ({"randomised": _cascade(1, 1, 1)}, "not believable", ["randomisation"]),
        ({"randomised": _cascade(1, 1, 0)}, "believable", []),
        ({"road": Road(0.9, (0.5,), (0.5,))}, "doubtful", ["ROAD"]),
        ({"road": Road(0.9, (0.5,), (0.505,))}, "doubtful", ["ROAD"]),
        ({"road": Road(0.9, (0.82,), (0.82,))}, "believable", []),
        ({"stability": Stability(0.6, 0, 0, 0)}, "doubtful", ["stability"]),
        ({"stability": Stability(0, 0.5, 2, 0)}, "believable", []),
        ({"inside": Inside(0.01, 0.9, False)}, "believable", []),
    ],
)
def test_the_rule(change: dict[str, object], code: Code, against: list[Measure]) -> None:
    verdict = judge(replace(GOOD, **change))
    assert verdict.code == code
    assert verdict.headline == HEADLINES[code]
    assert [reason.measure for reason in verdict.reasons if reason.stands == "against"] == against


def test_no_better_than_a_blob_is_said_so() -> None:
    verdict = judge(replace(GOOD, compared=_compared(0.45, 0.55)))
    assert verdict.reasons[1].words.endswith("So the map is no better than a guess at the middle.")
    assert judge(replace(GOOD, randomised=_cascade(1))).reasons[3].words.endswith("not about what the network learned.")


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        ("compared", "doubtful"),
        ("randomised", "doubtful"),
        ("road", "believable"),
        ("stability", "believable"),
        ("inside", "believable"),
    ],
)
def test_what_is_missing_is_said(missing: str, code: Code) -> None:
    verdict = judge(replace(GOOD, **{missing: None}))
    assert verdict.code == code
    unknown = [reason for reason in verdict.reasons if reason.stands == "unknown"]
    assert len(unknown) == (2 if missing == "compared" else 1)
    assert {reason.words for reason in unknown} == {"Not measured."}
    assert len(verdict.reasons) == 7


def test_without_any_evidence_a_map_is_doubtful() -> None:
    nan = float("nan")
    verdict = judge(
        replace(
            GOOD,
            randomised={"head": Similarity(nan, nan)},
            stability=Stability(nan, nan, nan, nan),
            another=Similarity(nan, nan),
            inside=Inside(nan, 0.3, None),
        )
    )
    assert verdict.code == "doubtful"
    assert [reason.stands for reason in verdict.reasons] == ["for"] * 3 + ["unknown"] * 4
    assert {reason.stands for reason in judge(Findings()).reasons} == {"unknown"}


def test_the_rule_that_a_page_shows_has_the_thresholds() -> None:
    for threshold in (
        "above 0.7",
        "5 random orders",
        "loses 10 %",
        "more than 50 %",
        "of 5 %",
        "50 % are left",
        "0.01 of",
    ):
        assert threshold in RULE.replace("\n", " ")


def test_a_class_with_hardly_any_probability_has_nothing_to_lose() -> None:
    """All areas are next to nothing, which says nothing against the map."""
    faint = replace(GOOD, compared=_faint(), road=Road(0.001, (0.0,), (0.0,)))
    verdict = judge(faint)
    assert verdict.code == "doubtful"
    assert [reason.stands for reason in verdict.reasons[:3]] == ["unknown"] * 3
    assert "hardly any probability" in verdict.reasons[0].words


def _faint() -> Compared:
    curves = level_curves(0.001, 0.001, whole=0.002)
    return Compared(curves, References((curves,) * 2, curves))


@pytest.mark.parametrize(
    ("flat", "blurred", "stands", "code"),
    [
        (0.5, 0.5, "unknown", "doubtful"),  # neither curve can tell
        (0.5, 0.49, "for", "believable"),  # insertion alone
        (0.49, 0.5, "for", "believable"),  # deletion alone
    ],
)
def test_a_picture_that_keeps_its_class_without_pixels_tells_nothing(
    flat: float, blurred: float, stands: str, code: Code
) -> None:
    own, middle, chance = (level_curves(*areas, 1.0, flat, blurred) for areas in ((0.2, 0.8), (0.4, 0.6), (0.5, 0.5)))
    verdict = judge(replace(GOOD, compared=Compared(own, References((chance,) * 2, middle))))
    assert verdict.code == code
    assert [reason.stands for reason in verdict.reasons[:2]] == [stands] * 2
    mute = "the probability is 100 % for the picture, 50 % for one flat colour and 50 % for a blur."
    assert verdict.reasons[0].words.endswith(mute) == (stands == "unknown")
    told = verdict.reasons[0].words, verdict.reasons[1].words
    assert ["Insertion tells nothing here" in words for words in told] == [blurred == 0.5 > flat] * 2
    assert ["Deletion tells nothing here" in words for words in told] == [flat == 0.5 > blurred] * 2
    assert ("insertion than in" in told[0]) == (max(flat, blurred) < 0.5)


def test_a_curve_that_can_tell_nothing_is_not_counted() -> None:
    """Insertion is worse than in every random order, and would speak against the map, if it were not mute."""
    draws, middle = (level_curves(0.5, 0.8, 1.0, 0.0, 0.6),) * 2, level_curves(0.4, 0.8, 1.0, 0.0, 0.6)
    own = Compared(level_curves(0.2, 0.7, 1.0, 0.0, 0.6), References(draws, middle))
    verdict = judge(replace(GOOD, compared=own))
    assert verdict.code == "believable"
    assert verdict.reasons[0].words == (
        "Area under deletion 0.20, by blocks in random order, on average 0.50 (lower is better). Insertion tells "
        "nothing here: the probability is 100 % for the picture and 60 % for a blur. Deletion goes better than in 2 "
        "of 2 random orders."
    )


@pytest.mark.parametrize(
    ("draws", "stands"),
    [
        ((level_curves(0.5, 0.5), level_curves(0.4, 0.6)), "for"),
        ((level_curves(0.5, 0.5), level_curves(0.29, 0.71)), "against"),  # one random order does as well
        ((level_curves(0.5, 0.8), level_curves(0.4, 0.8)), "against"),  # insertion is worse than in every random order
        ((level_curves(0.5, 0.8), level_curves(0.4, 0.7)), "for"),
    ],
)
def test_chance_is_beaten_only_in_every_order(draws: tuple[Curves, ...], stands: str) -> None:
    own = Compared(level_curves(0.3, 0.7), References(draws, level_curves(0.4, 0.6)))
    assert judge(replace(GOOD, compared=own)).reasons[0].stands == stands
