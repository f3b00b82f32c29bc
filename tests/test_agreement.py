"""Sentences about several models, each from numbers that can be worked out on paper."""

from __future__ import annotations

import numpy as np
import pytest

from skinvision.comparison import Comparison
from skinvision.geometry import Box
from skinvision.render import agreement
from skinvision.types import Analysis, LesionMask
from tests.samples import PROBABILITIES, sample_analysis, sample_card

CARD = sample_card("classification")
MELANOMA = sample_analysis()  # 63 %, then benign keratosis with 21 %; both are in the set
NEVUS = sample_analysis(probabilities=(0.02, 0.05, 0.01, 0.004, 0.23, 0.68, 0.006), prediction_set=("nv", "mel"))


def compared(*analyses: Analysis) -> Comparison:
    return Comparison(tuple("ABCD"[: len(analyses)]), analyses)


def with_set(*labels: str) -> Analysis:
    return sample_analysis(prediction_set=labels)


def mask(*rows: int) -> LesionMask:
    """Four rows of three pixels; the named ones are lesion."""
    probability = np.zeros((4, 3), np.float32)
    probability[list(rows)] = 1
    return LesionMask(probability)


@pytest.mark.parametrize(
    ("analyses", "sentence"),
    [
        ((MELANOMA, MELANOMA), "Both name Melanoma: A with 63 % and B with 63 %."),
        ((MELANOMA,) * 3, "All 3 name Melanoma: A with 63 %, B with 63 % and C with 63 %."),
        ((NEVUS, MELANOMA), "They disagree. Melanocytic nevus: A with 68 %. Melanoma: B with 63 %."),
        (
            (NEVUS, MELANOMA, MELANOMA),
            "They disagree. Melanoma: B with 63 % and C with 63 %. Melanocytic nevus: A with 68 %.",
        ),
    ],
)
def test_who_names_what(analyses: tuple[Analysis, ...], sentence: str) -> None:
    assert agreement.verdict_sentence(compared(*analyses), CARD) == sentence


@pytest.mark.parametrize(
    ("sets", "sentence"),
    [
        ((("mel", "bkl"), ("bkl", "mel")), "The prediction sets are the same: Melanoma and Benign keratosis."),
        ((("mel", "bkl"), ("nv", "mel")), "Both have Melanoma in their prediction sets."),
        ((("mel",), ("mel",), ("mel", "nv")), "All 3 have Melanoma in their prediction sets."),
        ((("mel",), ("nv",)), "No two prediction sets have a diagnosis in common."),
        (
            (("mel", "bkl"), ("mel",), ("bkl",)),
            "No diagnosis is in all prediction sets; A and B share Melanoma; A and C share Benign keratosis.",
        ),
        (
            (("mel",), ()),
            "No two prediction sets have a diagnosis in common. B names nothing: no diagnosis is likely enough.",
        ),
        (
            (("mel",), (), ("mel",), ()),
            "No diagnosis is in all prediction sets; A and C share Melanoma. "
            "B and D name nothing: no diagnosis is likely enough.",
        ),
        (((), ()), "Both leave their prediction sets empty: no diagnosis is likely enough to be named."),
    ],
)
def test_what_the_prediction_sets_have_in_common(sets: tuple[tuple[str, ...], ...], sentence: str) -> None:
    assert agreement.sets_sentence(compared(*(with_set(*labels) for labels in sets)), CARD) == sentence


def test_the_class_they_differ_most_about() -> None:
    """Nevus: 68 − 8 = 60 percent points; melanoma: 63 − 23 = 40; benign keratosis: 21 − 1 = 20."""
    assert agreement.difference_sentence(compared(MELANOMA, NEVUS), CARD) == (
        "They differ most about Melanocytic nevus: from 8 % by A to 68 % by B."
    )
    assert agreement.difference_sentence(compared(MELANOMA, MELANOMA), CARD) == (
        "They give every diagnosis the same probability, to within half a percent."
    )


@pytest.mark.parametrize(
    ("known", "warning"),
    [
        ((True, True), None),
        ((True, False), "unlike anything that B was trained on, so its answer means nothing here."),
        ((False, True, False), "unlike anything that A and C were trained on, so their answers mean nothing here."),
    ],
)
def test_who_finds_the_picture_strange(known: tuple[bool, ...], warning: str | None) -> None:
    said = agreement.strangeness_warning(compared(*(sample_analysis(in_distribution=each) for each in known)))
    assert said == (warning and f"The picture is {warning}")


def test_the_unit_of_the_heatmaps_names_the_largest_cells() -> None:
    """A grid of 4 × 8 cells on 32 × 64 px has cells of 64 px, and on a box of 16 × 32 px cells of 16 px."""
    whole, box = sample_analysis(), sample_analysis(region=Box(8, 8, 40, 24))
    assert agreement.scale_sentence(compared(whole, whole), "mel").startswith(
        "All maps share one scale, in logits per cell. "
    )
    assert agreement.scale_sentence(compared(box, whole), "mel").startswith(
        "All maps share one scale, in logits per cell as large as those of B, "
    )


def test_every_two_masks_are_compared() -> None:
    assert agreement.overlap_sentences({"A": mask(0, 1), "B": mask(1), "C": mask(), "D": mask()}) == [
        "The masks of A and B overlap: Dice 0.67, where 1 is the same mask and 0 no overlap.",
        "A found a lesion where C found none.",
        "A found a lesion where D found none.",
        "B found a lesion where C found none.",
        "B found a lesion where D found none.",
        "Neither C nor D found a lesion.",
    ]
    assert agreement.overlap_sentences({"A": mask(0)}) == []


def test_probabilities_are_read_out_class_by_class() -> None:
    text = agreement.probabilities_alt(compared(MELANOMA, NEVUS), CARD)
    assert text.startswith("Calibrated probabilities. Melanoma: A 63 %, B 23 %; Melanocytic nevus: A 8 %, B 68 %; ")
    assert text.count(";") == len(PROBABILITIES) - 1


@pytest.mark.parametrize(("names", "text"), [("A", "A"), ("AB", "A and B"), ("ABC", "A, B and C")])
def test_names_are_listed(names: str, text: str) -> None:
    assert agreement.listed(list(names)) == text


def test_what_stands_under_a_heatmap() -> None:
    """The lesion is the left half, and all evidence lies in it."""
    inside = sample_analysis(lesion=Box(0, 0, 32, 32))
    assert agreement.evidence_note(inside, "mel") == (
        "Probability 63 %; 100 % of the positive evidence lies inside the lesion. An even map: 50 %."
    )
    assert agreement.evidence_note(inside, "vasc") == "Probability 1 %; no positive evidence."
    assert agreement.evidence_note(sample_analysis(lesion=None), "mel") == "Probability 63 %; no lesion was found."


def test_alternative_texts_name_the_model() -> None:
    inside = sample_analysis(lesion=Box(0, 0, 32, 32))
    heatmap = agreement.heatmap_alt("A", inside.explanation("mel"), inside.mask, CARD)
    assert heatmap == (
        "Grad-CAM heatmap by A for Melanoma: peak 2.0 logits per cell, 100 % of the evidence inside the lesion"
    )
    nothing = agreement.heatmap_alt("A", inside.explanation("vasc"), inside.mask, CARD)
    assert nothing == "Grad-CAM heatmap by A for Vascular lesion: no positive evidence"
    assert agreement.mask_alt("A", mask(0)) == "The lesion mask by A covers 25 % of the picture"
    assert agreement.mask_alt("A", mask()) == "The lesion mask by A is empty: no lesion was found"
