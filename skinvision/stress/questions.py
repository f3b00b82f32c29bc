"""The scenes with what each asks, for a page that shows them beside each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skinvision.geometry import bounding_box
from skinvision.stress.picture import Mask, Stressed
from skinvision.stress.scenes import background_only, lesion_moved, lesion_only, other_skin

# Where the lesion goes when nobody says where: this share of the picture, to the roomier sides.
AWAY = 0.25
DARK = 0.8


@dataclass(frozen=True, slots=True)
class Scene:
    """One way to take a picture apart.

    Attributes:
        name: short, lower case.
        title: for a person.
        asks: the question that it puts to the classifier.
        build: image (H, W, 3) uint8 and lesion (H, W) bool → the scene; raises ShapeMismatch for others.
        note: what the literature says, with authors and year; or "".
    """

    name: str
    title: str
    asks: str
    build: Callable[[NDArray[np.uint8], Mask], Stressed]
    note: str = ""


def _moved(image: NDArray[np.uint8], lesion: Mask) -> Stressed:
    """By ``AWAY`` to the roomier sides, or as far as there is room."""
    box = bounding_box(lesion)
    if box is None:
        return Stressed(image, lesion)
    height, width = lesion.shape
    dx = AWAY if width - box.x1 >= box.x0 else -AWAY
    dy = AWAY if height - box.y1 >= box.y0 else -AWAY
    return lesion_moved(image, lesion, dx, dy)


def _on_dark(image: NDArray[np.uint8], lesion: Mask) -> Stressed:
    return other_skin(image, lesion, DARK)


SCENES = (
    Scene("lesion", "Lesion only", "Is the lesion enough?", lesion_only),
    Scene(
        "background",
        "Background only",
        "What does it say when there is no lesion?",
        background_only,
        "Bissoto et al. (2019): networks that learned from pictures with the lesion blacked out still did far better "
        "than chance, so something beside the lesion gives the diagnosis away.",
    ),
    Scene("moved", "Lesion moved", "Does it matter where the lesion is?", _moved),
    Scene(
        "skin",
        "Lesion on other skin",
        "Does it matter whose skin it is on?",
        _on_dark,
        "Daneshjou et al. (2022): three dermatology networks, one of them trained on HAM10000, did worse on dark skin.",
    ),
)
