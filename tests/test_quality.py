"""Which pictures are flagged as blurred, dark, bright, flat or small."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from skinvision.intake import QUALITY, read_case
from skinvision.phantom import draw
from tests.files import saved


def quality(pixels: np.ndarray) -> tuple[str, ...]:
    return read_case(saved(np.clip(np.rint(pixels), 0, 255).astype(np.uint8), "PNG", compress_level=1)).quality


PHANTOM = draw(3, skin_tone=0.1, vignette=0.0).image.astype(np.float64)


def test_a_good_picture_has_no_flag() -> None:
    assert quality(PHANTOM) == ()


@pytest.mark.parametrize("factor", [1, 3])
@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda a: cv2.GaussianBlur(a, (0, 0), len(a) / 128), "blurred"),
        (lambda a: a * 0.25, "dark"),
        (lambda a: a * 2, "bright"),
        (lambda a: (a - 128) * 0.1 + 128, "low_contrast"),
    ],
    ids=["blurred", "dark", "bright", "low_contrast"],
)
def test_a_spoilt_picture_is_flagged_at_any_resolution(
    spoil: Callable[[np.ndarray], np.ndarray], code: str, factor: int
) -> None:
    large = cv2.resize(PHANTOM, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    assert code in quality(spoil(large))
    assert code not in quality(large)


def test_sharpness_does_not_depend_on_contrast() -> None:
    assert "blurred" not in quality((PHANTOM - 128) * 0.6 + 128)


@pytest.mark.parametrize(("side", "small"), [(223, True), (224, False)])
def test_small(side: int, small: bool) -> None:
    assert ("small" in quality(PHANTOM[:side, :500])) is small


@pytest.mark.parametrize(("value", "code"), [(0, "dark"), (255, "bright"), (128, "low_contrast")])
def test_an_even_picture_is_flagged_not_refused(value: int, code: str) -> None:
    assert {code, "blurred", "low_contrast"} <= set(quality(np.full((300, 300, 3), value)))


def test_the_frame_of_a_dermatoscope_is_no_contrast_and_no_darkness() -> None:
    skin = np.full((300, 300, 3), 170)
    rows, columns = np.ogrid[:300, :300]
    skin[np.hypot(rows - 150, columns - 150) > 150] = 0
    assert "low_contrast" in quality(skin)
    assert "dark" not in quality(skin)


def test_every_code_has_its_sentence() -> None:
    assert set(QUALITY) == {"blurred", "dark", "bright", "low_contrast", "small"}
    assert all(sentence.endswith(".") for sentence in QUALITY.values())
