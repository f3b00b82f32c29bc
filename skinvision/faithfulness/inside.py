"""How much of the evidence lies inside the lesion.

That is a question to the network as much as to the map: a true map of a network that looks at a ruler lies outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skinvision.faithfulness.maps import check_size, positive_part


@dataclass(frozen=True, slots=True)
class Inside:
    """The three measures of one map.

    Attributes:
        lesion_share: as ``lesion_share``.
        area_share: as ``area_share``, what an even map would have.
        pointing_hit: as ``pointing_hit``.
    """

    lesion_share: float
    area_share: float
    pointing_hit: bool | None

    @classmethod
    def of(cls, saliency: NDArray[Any], lesion: NDArray[np.bool_]) -> Inside:
        """Of a map (H, W) on a mask (H, W).

        Raises:
            ShapeMismatch: map and mask differ in size.
        """
        return cls(lesion_share(saliency, lesion), area_share(lesion), pointing_hit(saliency, lesion))


def lesion_share(saliency: NDArray[Any], lesion: NDArray[np.bool_]) -> float:
    """The share of the positive evidence that lies inside the lesion, in [0, 1].

    Relevance mass accuracy (Arras et al. 2022, eq. 3), which is the energy-based pointing game of Score-CAM (Wang et
    al. 2020, section 4.3).

    Returns:
        NaN where there is no positive evidence or no lesion.

    Raises:
        ShapeMismatch: map and mask differ in size.
    """
    check_size(saliency, *lesion.shape)
    evidence, where = positive_part(saliency), lesion.astype(bool)
    total = evidence.sum()
    return float(evidence[where].sum() / total) if total > 0 and where.any() else float("nan")


def area_share(lesion: NDArray[np.bool_]) -> float:
    """The lesion's share of the picture, in [0, 1]; 0 where there is no lesion."""
    return float(lesion.astype(bool).mean())


def pointing_hit(saliency: NDArray[Any], lesion: NDArray[np.bool_]) -> bool | None:
    """Whether the map's maximum lies inside the lesion: the pointing game (Zhang et al. 2018, section 4.2).

    Of several maxima one inside is enough. The paper allows a maximum to miss by 15 px; here it may not.

    Returns:
        None where there is no positive evidence or no lesion.

    Raises:
        ShapeMismatch: map and mask differ in size.
    """
    check_size(saliency, *lesion.shape)
    if not saliency.max() > 0 or not lesion.any():  # a maximum of NaN is not > 0 either
        return None
    return bool(lesion.astype(bool)[saliency == saliency.max()].any())
