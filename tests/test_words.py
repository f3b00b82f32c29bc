from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from skinvision.geometry import Box
from skinvision.intake import QUALITY
from skinvision.render import words
from skinvision.reports import ClassificationReport
from tests.samples import sample_analysis, sample_card

CARD = sample_card("classification")
PHOTOGRAPHS = replace(CARD, modality="photograph")


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0, "0 %"),
        (0.004, "< 1 %"),
        (0.006, "1 %"),
        (0.87, "87 %"),
        (0.994, "99 %"),
        (0.997, "> 99 %"),
        (1, "100 %"),
        (-0.003, "0 %"),
    ],
)
def test_percent(share: float, expected: str) -> None:
    assert words.percent(share) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0.0"), (0.0312, "0.031"), (0.5, "0.50"), (0.297, "0.30"), (1.94, "1.9"), (120, "120.0")],
)
def test_number(value: float, expected: str) -> None:
    assert words.number(value) == expected


def test_alternative_texts() -> None:
    analysis = sample_analysis()
    assert words.picture_alt(analysis.case) == "The picture, 64 × 32 pixels"
    assert words.mask_alt(analysis, CARD) == "The lesion mask covers 12 % of the picture"
    share = words.percent(analysis.explanation("mel").lesion_share)
    assert words.heatmap_alt(analysis, CARD, "mel") == (
        f"Grad-CAM heatmap for Melanoma: peak 2.0 logits per cell, {share} of the evidence inside the lesion"
    )
    assert words.heatmap_alt(analysis, CARD, "vasc") == "Grad-CAM heatmap for Vascular lesion: no positive evidence"
    assert words.mask_alt(sample_analysis(lesion=None), CARD) == "The lesion mask is empty: no lesion was found"


def test_probabilities_are_read_out_in_their_order() -> None:
    text = words.probabilities_alt(sample_analysis().prediction, CARD)
    assert text.startswith("Calibrated probabilities: Melanoma 63 %, Benign keratosis 21 %, Melanocytic nevus 8 %")
    assert text.endswith("Vascular lesion 1 %, Dermatofibroma < 1 %")


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (("mel", "bkl"), "The answer is one of these, 9 times in 10: Melanoma, Benign keratosis."),
        (
            ("mel",),
            "One diagnosis alone is likely enough to be named: Melanoma. Over all pictures, sets hold the answer "
            "9 times in 10.",
        ),
        ((), "No diagnosis is likely enough to be named: the model does not know."),
    ],
)
def test_prediction_set(labels: tuple[str, ...], sentence: str) -> None:
    assert words.prediction_set_sentence(sample_analysis(prediction_set=labels).prediction, CARD) == sentence


def test_an_answer_stands_beside_what_it_was_worth_on_held_out_pictures() -> None:
    """Of all that was called melanoma 55 of 69 were, and most of the others nevi, of which 95 % are found."""
    report = CARD.test
    assert isinstance(report, ClassificationReport)
    mel, nv = report.labels.index("mel"), report.labels.index("nv")
    total = sum(row[mel] for row in report.confusion)
    found = report.confusion[nv][nv] / sum(report.confusion[nv])
    prediction = sample_analysis().prediction
    assert words.track_record(prediction, CARD) == (
        f"The model called {total} held-out pictures Melanoma, {report.confusion[mel][mel]} of them rightly. The most "
        f"frequent mistake: {report.confusion[nv][mel]} × Melanocytic nevus. Of all pictures of Melanocytic nevus it "
        f"finds {words.percent(found)}."
    )
    never = msgspec.structs.replace(
        report, confusion=tuple((*row[:mel], 0, *row[mel + 1 :]) for row in report.confusion)
    )
    assert words.track_record(prediction, replace(CARD, test=never)) == (
        f"The model gave that answer to none of {report.n} held-out pictures."
    )
    alone = tuple(
        (*row[:mel], row[mel] * (label == mel), *row[mel + 1 :]) for label, row in enumerate(report.confusion)
    )
    said = words.track_record(prediction, replace(CARD, test=msgspec.structs.replace(report, confusion=alone)))
    assert said is not None
    assert said.endswith("of them rightly.")


@pytest.mark.parametrize("strange", [True, False])
def test_what_was_not_measured_is_not_told(strange: bool) -> None:
    card = CARD if strange else replace(CARD, test=None)
    assert words.track_record(sample_analysis(in_distribution=not strange).prediction, card) is None


@pytest.mark.parametrize(
    ("stage", "title"), [("stem", "Stem (first)"), ("stage1", "Stage 1"), ("stage4", "Stage 4 (last)")]
)
def test_stages_are_called_by_their_place(stage: str, title: str) -> None:
    assert words.stage_title(stage, ("stem", "stage1", "stage4")) == title
    assert words.stage_title(stage) == title.split(" (")[0]


def test_strange_picture_is_warned_of_and_promised_nothing() -> None:
    prediction = sample_analysis(in_distribution=False).prediction
    warning = words.outlier_warning(prediction, CARD)
    assert warning is not None
    assert "strangeness 25.0, where up to 20.0 is usual" in warning
    assert "9 times in 10" not in words.prediction_set_sentence(prediction, CARD)
    barely = replace(CARD, outlier=replace(CARD.outlier, threshold=24.9968))
    assert "strangeness 25.000, where up to 24.997 is usual" in words.outlier_warning(prediction, barely)
    assert "knows dermoscopy alone" in warning
    assert "knows ordinary photographs alone" in words.outlier_warning(prediction, PHOTOGRAPHS)
    assert words.outlier_warning(sample_analysis().prediction, CARD) is None


@pytest.mark.parametrize(
    ("lesion", "held_back"),
    [(Box(0, 8, 16, 20), True), (Box(0, 8, 16, 17), False), (Box(1, 1, 63, 31), False), (None, False)],
)
def test_on_photographs_an_outline_that_leaves_the_picture_is_held_back(lesion: Box | None, held_back: bool) -> None:
    """12 of 192 pixels along the edge of 64 × 32 are 6 %, 9 are less than 5 %."""
    analysis = sample_analysis(lesion=lesion)
    assert not words.held_back(analysis.mask, CARD)
    assert words.outline_notice(analysis.mask, CARD) is None
    assert words.held_back(analysis.mask, PHOTOGRAPHS) == held_back
    assert words.outline_notice(analysis.mask, PHOTOGRAPHS).startswith("No outline" if held_back else "The network")
    assert ("without an outline" in words.mask_alt(analysis, PHOTOGRAPHS)) == held_back
    assert ("is not known" in words.evidence_sentence(analysis, PHOTOGRAPHS, "mel")) == held_back
    is_known = lesion is not None and not held_back
    assert ("inside the lesion" in words.heatmap_alt(analysis, PHOTOGRAPHS, "mel")) == is_known
    assert words.outline(analysis, PHOTOGRAPHS) is (analysis.mask if is_known else None)
    strange = replace(analysis, prediction=replace(analysis.prediction, in_distribution=False))
    assert words.outline(strange, CARD) is (analysis.mask if is_known else None), "which may be a photograph"
    assert words.outline(analysis, CARD) is (analysis.mask if lesion else None)


def test_every_line_upon_a_map_is_explained() -> None:
    analysis = sample_analysis()
    whole = analysis.explanation("mel")
    part = replace(whole, region=Box(0, 0, 16, 16))
    assert words.lines_note(None, whole) == ""
    assert words.lines_note(analysis.mask, whole) == "The outline is where the segmenter finds the lesion."
    assert words.lines_note(None, whole, part) == "The box is what the network saw."
    assert words.lines_note(analysis.mask, part) == (
        "The outline is where the segmenter finds the lesion, the box is what the network saw."
    )


def test_evidence_against_the_lesions_share_of_the_picture() -> None:
    """The lesion fills the left half; the evidence lies in it, but for what interpolation carries over the border."""
    analysis = sample_analysis(lesion=Box(0, 0, 32, 32))
    assert analysis.explanation("mel").lesion_share == 1
    assert words.evidence_sentence(analysis, CARD, "mel") == (
        "100 % of the positive evidence lies inside the lesion, which fills 50 % of the picture: about 2.0 × its share."
    )


def test_evidence_of_a_box_is_compared_with_the_box() -> None:
    """The network sees the left half, and the lesion fills all of it: no surprise that the evidence is there."""
    analysis = sample_analysis(lesion=Box(0, 0, 32, 32), region=Box(0, 0, 32, 32))
    assert "which fills 100 % of what the network saw: about 1.0 × its share" in words.evidence_sentence(
        analysis, CARD, "mel"
    )


def test_no_evidence_and_no_lesion() -> None:
    assert words.evidence_sentence(sample_analysis(), CARD, "vasc") == (
        "There is no positive evidence for Vascular lesion at this stage."
    )
    assert words.evidence_sentence(sample_analysis(lesion=None), CARD, "mel").startswith("No lesion was found")


def test_notes_say_what_may_spoil_the_analysis_and_what_was_changed() -> None:
    case = replace(sample_analysis().case, quality=("blurred",), notes=("Turned upright.",))
    assert words.notes(case) == [QUALITY["blurred"], "Turned upright."]
