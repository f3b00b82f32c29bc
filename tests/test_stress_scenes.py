"""The picture taken apart: nothing of the lesion is left where it was taken away, and it is the same where it went."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import ndimage

from skinvision.errors import ShapeMismatch
from skinvision.phantom import draw
from skinvision.stress import SCENES, Scene, Stressed, background_only, lesion_moved, lesion_only, other_skin

SKIN, LESION = (210, 160, 140), (90, 50, 40)
HEIGHT, WIDTH = 150, 200
# At a short side of 150 px a length given for 450 px is a third: 8 px of fading, 20 px of halo.
FADE, HALO = 3, 7

Build = Callable[[np.ndarray, np.ndarray], Stressed]
BUILDS: list[Build] = [scene.build for scene in SCENES]


def square(x0: int = 80, y0: int = 60, side: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """A picture of flat skin with a flat square lesion, and its mask."""
    lesion = np.zeros((HEIGHT, WIDTH), np.bool_)
    lesion[y0 : y0 + side, x0 : x0 + side] = True
    return np.where(lesion[..., None], LESION, SKIN).astype(np.uint8), lesion


def grown(lesion: np.ndarray, by: int) -> np.ndarray:
    """The square with ``by`` px more on every side."""
    rows, columns = np.flatnonzero(lesion.any(axis=1)), np.flatnonzero(lesion.any(axis=0))
    larger = np.zeros_like(lesion)
    larger[rows[0] - by : rows[-1] + by + 1, columns[0] - by : columns[-1] + by + 1] = True
    return larger


def test_lesion_only_keeps_the_lesion_on_the_mean_skin_colour() -> None:
    image, lesion = square()
    image[:, : WIDTH // 2][~lesion[:, : WIDTH // 2]] = (200, 150, 130)  # half of the skin is darker by 10
    shown = lesion_only(image, lesion)
    outside = shown.image[~grown(lesion, FADE)]
    assert (outside == outside[0]).all()
    np.testing.assert_allclose(outside[0], np.array(SKIN) - 5, atol=1)
    np.testing.assert_array_equal(shown.image[lesion], image[lesion])
    np.testing.assert_array_equal(shown.lesion, lesion)


def test_background_only_is_skin_all_over() -> None:
    image, lesion = square()
    shown = background_only(image, lesion)
    np.testing.assert_allclose(shown.image, np.broadcast_to(SKIN, image.shape), atol=2)
    assert not shown.lesion.any()


def test_background_only_leaves_what_is_outside_the_halo() -> None:
    phantom = draw(3, height=HEIGHT, width=WIDTH, vignette=0.0)
    shown = background_only(phantom.image, phantom.mask)
    far = ndimage.distance_transform_edt(~phantom.mask) > HALO
    np.testing.assert_array_equal(shown.image[far], phantom.image[far])
    assert (shown.image[phantom.mask] != phantom.image[phantom.mask]).any(axis=-1).mean() > 0.9


def test_the_fill_goes_on_with_a_gradient() -> None:
    """A ramp of skin solves Laplace's equation, so that its harmonic fill is the ramp itself."""
    image, lesion = square()
    ramp = np.linspace(120, 220, WIDTH)[None, :, None] * np.array([1, 0.8, 0.7])
    image = np.where(lesion[..., None], image, np.rint(ramp)).astype(np.uint8)
    shown = background_only(image, lesion).image
    np.testing.assert_allclose(shown[lesion], np.broadcast_to(ramp, image.shape)[lesion], atol=6)


@pytest.mark.parametrize(("dx", "dy", "x", "y"), [(0.2, 0, 40, 0), (-0.1, 0.2, -20, 30), (0.05, -0.1, 10, -15)])
def test_a_moved_lesion_is_the_same_elsewhere(dx: float, dy: float, x: int, y: int) -> None:
    phantom = draw(5, height=HEIGHT, width=WIDTH)
    box = np.zeros_like(phantom.mask)
    box[60:90, 80:120] = True
    shown = lesion_moved(phantom.image, box, dx, dy)
    np.testing.assert_array_equal(shown.lesion, np.roll(box, (y, x), (0, 1)))
    np.testing.assert_array_equal(shown.image[shown.lesion], phantom.image[box])


def test_a_moved_lesion_leaves_skin_behind() -> None:
    image, lesion = square()
    shown = lesion_moved(image, lesion, 0.25, 0)
    left = lesion & ~grown(shown.lesion, FADE)
    np.testing.assert_allclose(shown.image[left], np.broadcast_to(SKIN, image.shape)[left], atol=2)


@pytest.mark.parametrize(("dx", "dy", "corner"), [(1, 1, (160, 110)), (-1, 0, (0, 60)), (0.5, -1, (160, 0))])
def test_a_lesion_stays_inside_the_picture(dx: float, dy: float, corner: tuple[int, int]) -> None:
    image, lesion = square()
    np.testing.assert_array_equal(lesion_moved(image, lesion, dx, dy).lesion, square(*corner)[1])


def test_a_move_of_nothing_changes_nothing() -> None:
    image, lesion = square()
    np.testing.assert_array_equal(lesion_moved(image, lesion, 0, 0).image, image)


@pytest.mark.parametrize(("corner", "moved"), [((20, 20), (70, 58)), ((150, 100), (100, 62))])
def test_the_scene_moves_a_lesion_to_the_roomier_sides(corner: tuple[int, int], moved: tuple[int, int]) -> None:
    """A quarter of 200 × 150 px is 50 × 37.5 px, rounded to the even 38."""
    scene = next(scene for scene in SCENES if scene.name == "moved")
    np.testing.assert_array_equal(scene.build(*square(*corner)).lesion, square(*moved)[1])


def test_other_skin_takes_as_much_light_from_the_new_skin_as_from_the_old() -> None:
    """The lesion lets through 90/210 of the red, 50/160 of the green and 40/140 of the blue light."""
    image, lesion = square()
    bare = other_skin(image, np.zeros_like(lesion), 0.3).image.astype(float)
    shown = other_skin(image, lesion, 0.3)
    ratio = shown.image[lesion].mean(axis=0) / bare[lesion].mean(axis=0)
    np.testing.assert_allclose(ratio, np.array(LESION) / np.array(SKIN), atol=0.02)
    np.testing.assert_array_equal(shown.lesion, lesion)


def test_other_skin_darkens_with_its_tone() -> None:
    image, lesion = square()
    means = [float(other_skin(image, lesion, tone).image[~lesion].mean()) for tone in (0.0, 0.5, 1.0)]
    assert means[0] > means[1] + 10 > means[2] + 20


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_every_scene(scene: Scene) -> None:
    """Same size, read-only, the same bytes again; a title and a question for a person."""
    image, lesion = square()
    one, other = scene.build(image, lesion), scene.build(image, lesion)
    assert one.image.shape == image.shape
    assert one.lesion.shape == lesion.shape
    np.testing.assert_array_equal(one.image, other.image)
    with pytest.raises(ValueError, match="read-only"):
        one.image[0, 0, 0] = 1
    assert scene.title
    assert scene.asks.endswith("?")


class TestMasksWithoutBorder:
    def test_without_a_lesion_there_is_only_background(self) -> None:
        image, _ = square()
        nothing = np.zeros((HEIGHT, WIDTH), np.bool_)
        np.testing.assert_array_equal(background_only(image, nothing).image, image)
        np.testing.assert_array_equal(lesion_moved(image, nothing, 0.2, 0.2).image, image)
        assert len(np.unique(lesion_only(image, nothing).image.reshape(-1, 3), axis=0)) == 1

    def test_a_lesion_that_fills_the_picture_leaves_no_background(self) -> None:
        image, _ = square()
        everything = np.ones((HEIGHT, WIDTH), np.bool_)
        for shown in (
            lesion_only(image, everything),
            lesion_moved(image, everything, 0.2, 0.2),
            other_skin(image, everything, 0.5),
        ):
            np.testing.assert_array_equal(shown.image, image)
        assert len(np.unique(background_only(image, everything).image.reshape(-1, 3), axis=0)) == 1

    @pytest.mark.parametrize("build", BUILDS)
    @pytest.mark.parametrize("size", [(1, 1), (3, 64), (64, 64)])
    @pytest.mark.parametrize("full", [False, True])
    def test_pictures_however_small(self, build: Build, size: tuple[int, int], full: bool) -> None:
        shown = build(np.full((*size, 3), 180, np.uint8), np.full(size, full))
        assert shown.image.shape == (*size, 3)


@pytest.mark.parametrize("build", BUILDS)
def test_wrong_arrays_are_refused(build: Build) -> None:
    image, lesion = square()
    for wrong in (
        (image[..., 0], lesion),
        (image / 255, lesion),
        (image, lesion[1:]),
        (image, lesion.astype(np.uint8)),
    ):
        with pytest.raises(ShapeMismatch):
            build(*wrong)


def test_a_strip_a_thousand_times_as_long_as_it_is_high_is_put_on_other_skin_too() -> None:
    image = np.full((64, 36_000, 3), 200, np.uint8)
    lesion = np.zeros((64, 36_000), bool)
    lesion[20:40, 100:140] = True
    assert other_skin(image, lesion, 0.8).image.shape == image.shape
