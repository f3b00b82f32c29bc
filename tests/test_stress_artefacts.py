"""What is added to a picture: nothing at strength 0, more with more strength, and only where it is said to be."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from skimage.color import rgb2lab

from skinvision.errors import ShapeMismatch, UnknownName
from skinvision.phantom import Phantom, draw
from skinvision.stress import ARTEFACTS, Artefact, Stressed, artefact

PLAIN = draw(4, height=225, width=300, hair=0, ruler=False, vignette=0.0, bubbles=0, skin_tone=0.3)
NAMES = [one.name for one in ARTEFACTS]

each = pytest.mark.parametrize("one", ARTEFACTS, ids=NAMES)


def stressed(one: Artefact, strength: float, seed: int = 0, phantom: Phantom = PLAIN) -> Stressed:
    return one.apply(phantom.image, phantom.mask, strength, seed)


def change(shown: Stressed, phantom: Phantom = PLAIN) -> float:
    """Mean absolute difference to the picture, in grey levels."""
    return float(np.abs(shown.image.astype(int) - phantom.image).mean())


@each
def test_strength_0_is_the_picture_itself(one: Artefact) -> None:
    shown = stressed(one, 0)
    np.testing.assert_array_equal(shown.image, PLAIN.image)
    np.testing.assert_array_equal(shown.lesion, PLAIN.mask)


@each
def test_the_same_arguments_give_the_same_bytes(one: Artefact) -> None:
    first, second = stressed(one, 0.7, seed=3), stressed(one, 0.7, seed=3)
    np.testing.assert_array_equal(first.image, second.image)
    np.testing.assert_array_equal(first.lesion, second.lesion)
    assert first.image.shape == PLAIN.image.shape
    with pytest.raises(ValueError, match="read-only"):
        first.image[0, 0, 0] = 1


@pytest.mark.parametrize("name", [name for name in NAMES if name != "turn"])
@pytest.mark.parametrize("seed", [0, 1])
def test_more_strength_changes_more(name: str, seed: int) -> None:
    """Except a turn: a round lesion looks the same from all sides."""
    one = artefact(name)
    ways = [(0.25, 0.5, 0.75, 1.0), (-0.25, -0.5, -0.75, -1.0)]
    for strengths in ways if one.low < 0 else ways[:1]:
        changes = [change(stressed(one, strength, seed)) for strength in strengths]
        assert all(more > less for less, more in pairwise([0.0, *changes]))


@pytest.mark.parametrize("name", ["ink", "ruler", "sticker", "tone"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_what_keeps_off_the_lesion_changes_none_of_its_pixels(name: str, seed: int) -> None:
    one = artefact(name)
    for strength in (one.low or 0.5, one.high):
        shown = stressed(one, strength, seed)
        np.testing.assert_array_equal(shown.image[PLAIN.mask], PLAIN.image[PLAIN.mask])
        np.testing.assert_array_equal(shown.lesion, PLAIN.mask)
        assert change(shown) > 0


@pytest.mark.parametrize("name", ["hair", "bubbles"])
def test_another_seed_puts_them_elsewhere(name: str) -> None:
    assert not np.array_equal(stressed(artefact(name), 1, 0).image, stressed(artefact(name), 1, 1).image)


@pytest.mark.parametrize(("name", "threshold"), [("hair", 25), ("ink", 12)])
def test_what_is_drawn_stays_in_place_as_strength_grows(name: str, threshold: int) -> None:
    weak, strong = (
        np.abs(stressed(artefact(name), strength).image.astype(int) - PLAIN.image).max(axis=-1) > threshold
        for strength in (0.5, 1.0)
    )
    assert weak.any()
    assert strong[weak].mean() > 0.97
    assert strong.sum() > 1.2 * weak.sum()


def flat(colour: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """(200, 300) px of one colour with a dark square lesion in the middle, and its mask."""
    lesion = np.zeros((200, 300), np.bool_)
    lesion[80:120, 130:170] = True
    return np.where(lesion[..., None], (60, 40, 35), colour).astype(np.uint8), lesion


@pytest.mark.parametrize("strength", [-1.0, -0.5, 0.25, 0.6])
@pytest.mark.parametrize("colour", [(205, 160, 140), (150, 105, 85)])
def test_skin_tone_moves_lightness_by_20_times_the_strength(colour: tuple[int, int, int], strength: float) -> None:
    image, lesion = flat(colour)
    shown = artefact("tone").apply(image, lesion, strength)
    before, after = (float(rgb2lab(picture[:10, :10])[..., 0].mean()) for picture in (image, shown.image))
    assert after - before == pytest.approx(20 * strength, abs=0.4)  # of 8 bits


def test_skin_tone_leaves_black_black() -> None:
    image, lesion = flat((205, 160, 140))
    image[:20, :20] = 0
    assert artefact("tone").apply(image, lesion, 1.0).image[:15, :15].max() == 0


@pytest.mark.parametrize("strength", [-1.0, 0.5, 1.0])
def test_a_colour_cast_keeps_the_brightness_of_grey(strength: float) -> None:
    image = np.full((8, 8, 3), 128, np.uint8)
    shown = artefact("cast").apply(image, np.zeros((8, 8), np.bool_), strength).image
    assert rgb2lab(shown)[0, 0, 0] == pytest.approx(rgb2lab(image)[0, 0, 0], abs=0.4)
    red, _, blue = shown[0, 0].astype(int)
    assert np.sign(red - blue) == np.sign(strength)


def test_zoom_to_twice_quadruples_a_square() -> None:
    image, lesion = flat((205, 160, 140))
    shown = artefact("zoom").apply(image, lesion, 1.0)
    assert shown.lesion.sum() == 4 * lesion.sum()
    expected = np.zeros_like(lesion)
    expected[60:140, 110:190] = True  # the middle of the picture is the middle of the square
    np.testing.assert_array_equal(shown.lesion, expected)


def test_zoom_stays_within_the_picture() -> None:
    """A lesion in the upper left corner: the window is the upper left quarter."""
    image, lesion = flat((205, 160, 140))
    moved = np.roll(lesion, (-80, -130), (0, 1))
    shown = artefact("zoom").apply(np.roll(image, (-80, -130), (0, 1)), moved, 1.0)
    assert shown.lesion[:80, :80].all()
    assert shown.lesion.sum() == 80 * 80


@pytest.mark.parametrize(("strength", "row", "column"), [(0.5, 70, 20), (1.0, 80, 70)])
def test_a_turn_takes_a_pixel_where_geometry_says(strength: float, row: int, column: int) -> None:
    """On 101 × 101 px about (50, 50): (20, 30) goes to (70, 20) by a quarter anticlockwise, to (80, 70) by a half."""
    image, lesion = np.full((101, 101, 3), 180, np.uint8), np.zeros((101, 101), np.bool_)
    image[20, 30], lesion[20, 30] = (90, 20, 10), True
    shown = artefact("turn").apply(image, lesion, strength)
    np.testing.assert_array_equal(np.argwhere(shown.lesion), [[row, column]])
    np.testing.assert_array_equal(shown.image[row, column], (90, 20, 10))


def test_the_corners_of_a_turn_show_no_second_lesion() -> None:
    image, lesion = np.full((200, 300, 3), (205, 160, 140), np.uint8), np.zeros((200, 300), np.bool_)
    lesion[10:50, 130:170] = True
    image[lesion] = (60, 40, 35)
    shown = artefact("turn").apply(image, lesion, 0.5)
    assert shown.lesion.sum() == pytest.approx(lesion.sum(), rel=0.03)
    far = np.hypot(*np.indices(lesion.shape)[::-1] - np.argwhere(shown.lesion).mean(axis=0)[::-1, None, None]) > 40
    assert shown.image[far].min() > 100


def test_dark_corners_begin_in_the_corners_and_spare_the_lesion() -> None:
    image, lesion = flat((205, 160, 140))
    weak, full = (artefact("corners").apply(image, lesion, strength).image for strength in (0.3, 1.0))
    assert weak[0, 0].max() < image[0, 0].max() / 2
    np.testing.assert_array_equal(weak[100, 0], image[100, 0])
    assert full[[0, 0, -1, -1], [0, -1, 0, -1]].max() < 10
    np.testing.assert_array_equal(full[lesion], image[lesion])


def test_blur_keeps_the_mean_and_takes_the_contrast() -> None:
    image, lesion = flat((205, 160, 140))
    shown = artefact("blur").apply(image, lesion, 1.0).image
    assert float(shown.mean()) == pytest.approx(float(image.mean()), abs=0.5)
    assert np.abs(np.diff(shown.astype(int), axis=0)).max() < np.abs(np.diff(image.astype(int), axis=0)).max() / 2


@each
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("size", [(1, 1), (64, 90)])
def test_without_a_lesion_or_without_skin(one: Artefact, full: bool, size: tuple[int, int]) -> None:
    image = np.full((*size, 3), (205, 160, 140), np.uint8)
    shown = one.apply(image, np.full(size, full), one.high)
    assert shown.image.shape == image.shape
    if full and one.name in ("ink", "sticker", "tone"):
        np.testing.assert_array_equal(shown.image, image)


@each
def test_every_artefact_says_what_it_does(one: Artefact) -> None:
    assert one.title
    assert one.none
    assert one.full
    assert bool(one.reverse) == (one.low < 0)
    assert one.low <= 0 < one.high


def test_names_are_unique() -> None:
    assert len(set(NAMES)) == len(NAMES)


@each
def test_wrong_arguments(one: Artefact) -> None:
    image, lesion = PLAIN.image, PLAIN.mask
    for wrong in (
        (image[..., 0], lesion),
        (image / 255, lesion),
        (image, lesion[1:]),
        (image, lesion.astype(np.uint8)),
    ):
        with pytest.raises(ShapeMismatch):
            one.apply(*wrong, 0)
    for strength in (one.low - 0.1, one.high + 0.1, float("nan")):
        with pytest.raises(ShapeMismatch, match="a strength of"):
            one.apply(image, lesion, strength)


def test_an_unknown_artefact() -> None:
    with pytest.raises(UnknownName, match="ink, ruler"):
        artefact("glitter")


@pytest.mark.parametrize("each", ARTEFACTS, ids=lambda each: each.name)
def test_another_seed_gives_another_one_where_that_is_said(each: Artefact) -> None:
    image = np.random.default_rng(0).integers(90, 220, (96, 128, 3), np.uint8)
    lesion = np.zeros((96, 128), bool)
    lesion[40:56, 56:72] = True
    one, other = (each.apply(image, lesion, 1.0, seed).image for seed in (0, 1))
    assert np.array_equal(one, other) != each.is_random
