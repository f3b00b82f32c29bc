"""What maps would have that know nothing of the network: a map has to beat them before it has found anything."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skinvision.faithfulness.inside import lesion_share, pointing_hit
from skinvision.faithfulness.maps import centre_blob


class Found(NamedTuple):
    """What share of a map lies on what it should find, in [0, 1], and whether its maximum does, if it has one."""

    share: float
    hit: bool | None


def guesses(lesion: NDArray[np.bool_], sought: NDArray[np.bool_]) -> dict[str, Found]:
    """How well one does without looking into the network.

    Args:
        lesion: (H, W) bool.
        sought: (H, W) bool, what a map should find; it lies inside the lesion. Not empty.

    Returns:
        By keys of ``reports.GUESSES``.

    Raises:
        ShapeMismatch: the two differ in size.
    """
    blob = centre_blob(*lesion.shape)
    return {
        "even": Found(lesion_share(np.ones(lesion.shape), sought), None),
        "blob": Found(lesion_share(blob, sought), pointing_hit(blob, sought)),
        "lesion": Found(lesion_share(lesion, sought), None),
    }
