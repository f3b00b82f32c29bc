"""What the Explain page says beside its maps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skinvision.channels import Channels
from skinvision.geometry import Box
from skinvision.render import lab_words
from skinvision.render.durations import duration
from skinvision.types import Explanation
from tests.samples import LESION, sample_analysis, sample_card

CARD = sample_card("classification")
ANALYSIS = sample_analysis()


@pytest.fixture
def channels() -> Channels:
    """Three channels of one cell with contributions 10, −8 and 0.5 to the logit 5.5 of "mel"."""
    logits = np.zeros(7, np.float32)
    logits[4] = 5.5
    activation = np.array([10, 4, 2], np.float32)[:, None, None]
    return Channels("stage4", 4, activation, np.array([1, -2, 0.25], np.float32), logits)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "a moment"),
        (1.2, "about 2 s"),
        (19, "about 19 s"),
        (21, "about 30 s"),
        (99, "about 100 s"),
        (101, "about 2 min"),
        (600, "about 10 min"),
    ],
)
def test_durations_are_rounded_up(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("method", "unit"),
    [("grad-cam", "Logits per cell"), ("eigen-cam", "No unit"), ("occlusion", "Logits lost")],
)
def test_the_unit_stands_over_the_colour_bar(method: str, unit: str) -> None:
    assert lab_words.unit(method) == unit


def test_a_map_says_how_much_of_it_lies_inside_the_lesion() -> None:
    assert lab_words.share_note(ANALYSIS.explanation("mel"), ANALYSIS, CARD) == (
        "77 % inside the lesion; an even map: 12 %."
    )
    assert lab_words.share_note(ANALYSIS.explanation("vasc"), ANALYSIS, CARD) == "No positive evidence."
    without = sample_analysis(lesion=None)
    assert lab_words.share_note(without.explanation("mel"), without, CARD) == "No lesion was found."


def test_alternative_texts_name_method_class_stage_peak_and_share() -> None:
    found = ANALYSIS.explanation("mel")
    nowhere = sample_analysis(lesion=None).mask
    heatmap = "Grad-CAM heatmap for Melanoma at Stage 4: peak 2.0 logits per cell"
    assert lab_words.map_alt(found, nowhere, CARD) == heatmap
    assert lab_words.map_alt(found, ANALYSIS.mask, CARD) == f"{heatmap}, 77 % of the evidence inside the lesion"
    assert lab_words.map_alt(found, ANALYSIS.mask, CARD, "the feature").endswith(
        "77 % of the evidence inside the feature"
    )
    occluded = replace(found, method="occlusion", stage="picture")
    assert lab_words.map_alt(occluded, nowhere, CARD) == "Occlusion heatmap for Melanoma: peak 2.0 logits lost"
    empty = lab_words.map_alt(ANALYSIS.explanation("vasc"), ANALYSIS.mask, CARD)
    assert empty == "Grad-CAM heatmap for Vascular lesion at Stage 4: no positive evidence"


def test_a_stage_says_how_finely_it_sees() -> None:
    explanation = Explanation("mel", "grad-cam", "stem", np.zeros((3, 5), np.float32), LESION, 32, 64)
    assert lab_words.stage_note(explanation) == "5 × 3 cells."
    assert explanation.region == Box(8, 8, 24, 24)


def test_of_several_looks_the_channels_lie_beside_each_other_until_the_last_stage(channels: Channels) -> None:
    twice = replace(CARD, looks=2)
    below = replace(channels, stage="stage3")
    assert "3 channels: small maps" in lab_words.channels_reading(below, 2, CARD)
    assert "3 channels: small maps" in lab_words.channels_reading(channels, 2, twice)
    assert "3 channels, those of its 2 looks at the picture beside each other:" in (
        lab_words.channels_reading(below, 2, twice)
    )


def test_a_channel_says_what_it_contributes_and_why(channels: Channels) -> None:
    assert lab_words.channel_title(channels, 1) == "Channel 1: −8.00"
    assert lab_words.channel_note(channels, 1) == "weight −2 × its cells' sum 4.0"
    assert lab_words.channel_title(channels, 2) == "Channel 2: +0.50"


def test_the_parts_of_a_logit_add_up_in_words(channels: Channels) -> None:
    rest = lab_words.remainder_title(True)
    assert lab_words.sum_sentence(channels, (0, 1), CARD, rest) == (
        "The logit of Melanoma is +5.50: +2.00 from the 2 channels shown, +0.50 from all others, and +3.00 from the "
        "bias."
    )
    assert "what gradients miss" in lab_words.sum_sentence(channels, (0,), CARD, lab_words.remainder_title(False))


def test_exact_and_approximate_sums_are_told_apart() -> None:
    assert "is exact" in lab_words.exactness_sentence(True)
    assert "is an approximation" in lab_words.exactness_sentence(False)


@pytest.mark.parametrize(("off", "begins"), [(1, "1 channel is off."), (3, "3 channels are off.")])
def test_what_the_network_says_stands_beside_what_the_sum_says(off: int, begins: str) -> None:
    said = lab_words.without_sentence(1.234, 1.5, off)
    assert said == f"{begins} The sum says +1.50; the network itself, run again, says +1.23."
    assert lab_words.without_sentence(1.0, 1.0, 0) == "All channels are on."
