"""Phantoms in which the feature alone tells the class, so that it is known what a network has to look at."""

from __future__ import annotations

import numpy as np

from skinvision.phantom.scene import Feature, Phantom, draw
from skinvision.types import Case, LesionMask

GROUND: Feature = "network"


def lesson(seed: int, height: int, width: int, feature: Feature | None = None) -> Phantom:
    """A phantom on the same ground whatever its feature; all else is drawn from the seed, whatever the feature.

    Args and raises as for ``draw``.
    """
    return draw(seed, height=height, width=width, feature=feature, ground=GROUND)


def as_case(drawn: Phantom) -> Case:
    """The phantom as if it had been uploaded."""
    return Case(drawn.image, f"{drawn.seed:064x}")


def feature_mask(drawn: Phantom) -> LesionMask:
    """Where the deciding feature is, in the place of the lesion: the share of a map inside it is what counts then."""
    return LesionMask(drawn.feature_mask.astype(np.float32))
