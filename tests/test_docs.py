"""The programs that make what the README shows, and the sums that the benchmarks do."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks import models
from benchmarks.measure import in_turns, median_ratio
from docs.figures import README, with_figures
from docs.screenshots import MAX_BYTES, compressed
from skinvision.card import Speed
from skinvision.models.registry import load, read_card
from skinvision.render.overlays import encode_png
from tests.tiny import save_tiny


def test_the_readme_has_the_figures_of_the_shipped_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SKINVISION_WEIGHTS", raising=False)
    text = README.read_text()
    assert with_figures(text) == text, "make figures puts them in"


@pytest.mark.usefixtures("weights")
def test_figures_go_between_the_marks() -> None:
    text = "a\n<!-- figures: make figures -->\noutdated\n<!-- end of figures -->\nb\n"
    new = with_figures(text)
    assert new.startswith("a\n<!-- figures: make figures -->\n\n| segmentation ")
    assert new.endswith("|\n\n<!-- end of figures -->\nb\n")
    assert "outdated" not in new
    assert with_figures(new) == new


def test_a_readme_without_marks_is_left_alone() -> None:
    with pytest.raises(ValueError, match="end of figures"):
        with_figures("<!-- figures: make figures -->\n")


def test_a_screenshot_is_compressed_by_less_than_anyone_sees() -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2).repeat(64, axis=0)
    kept = np.asarray(Image.open(io.BytesIO(compressed(encode_png(ramp)))))
    assert np.abs(kept.astype(int) - ramp).max() <= 2  # 64 levels are 255 / 63, about 4, apart
    assert (kept[0, 0, 0], kept[0, -1, 0]) == (0, 255)


def test_a_screenshot_that_stays_too_large_is_refused() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (700, 700, 3), dtype=np.uint8)  # 16 levels: 12 bits a pixel
    with pytest.raises(ValueError, match=f"at most {MAX_BYTES} bytes"):
        compressed(encode_png(noise))


def test_variants_take_turns_and_the_order_turns_too() -> None:
    called: list[str] = []
    times = in_turns({"a": lambda: called.append("a"), "b": lambda: called.append("b")}, rounds=2)
    assert called == ["a", "b", "b", "a", "a", "b"], "one round to warm up, then two"
    assert [len(taken) for taken in times.values()] == [2, 2]


def test_a_turn_lasts_as_long_as_asked() -> None:
    called: list[str] = []
    (taken,) = in_turns({"a": lambda: called.append("a")}, rounds=1, least_ms=2.0)["a"]
    assert len(called) > 2
    assert 0 < taken < 2


def test_the_ratio_is_taken_round_by_round() -> None:
    assert median_ratio([2, 30, 8], [1, 10, 2]) == 3  # of 2, 3 and 4


@pytest.mark.usefixtures("own_weights")
def test_times_go_into_the_cards_and_change_nothing_else() -> None:
    before = save_tiny("segmentation")
    models.write({"unet": [3.0, 1.0, 2.0]}, "one core")
    assert load("unet").card == replace(before, speed=Speed(2.0, "one core"))


def test_a_model_is_told_in_milliseconds_megabytes_and_against_the_default(own_weights: Path) -> None:
    default = save_tiny("segmentation")
    for suffix in (".json", ".safetensors"):
        file = (own_weights / f"unet{suffix}").read_bytes()
        (own_weights / f"twin{suffix}").write_bytes(file.replace(b'"name": "unet"', b'"name": "twin"', 1))
    figures = models.figures([load("unet"), load("twin")], {"unet": [1.0, 2.0, 3.0], "twin": [2.0, 4.0, 6.0]})
    megabytes = (own_weights / "unet.safetensors").stat().st_size / 1e6
    assert [(figure.value, figure.unit) for figure in figures] == [
        (2, "ms"),
        (megabytes, "MB"),
        (4, "ms"),
        (megabytes, "MB"),
        (2, "×"),
        (1, "×"),
    ]
    assert read_card("twin").sha256 == default.sha256
