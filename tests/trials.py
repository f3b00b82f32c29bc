"""What a map may have been found to do, with figures that one can reckon with."""

from __future__ import annotations

import numpy as np

from skinvision.faithfulness import Curve, Curves


def level_curves(
    deletion: float, insertion: float, whole: float = 1.0, flat: float = 0.0, blurred: float = 0.0
) -> Curves:
    """Curves that are level but at their ends, so that their areas are their heights.

    Args:
        deletion, insertion: the areas.
        whole, flat, blurred: the score of the picture, without any pixel, and in a blur.
    """
    fractions = np.array([0.0, 0.0, 1.0, 1.0])
    falling, rising = [whole, deletion, deletion, flat], [blurred, insertion, insertion, whole]
    return Curves(Curve(fractions, np.array(falling)), Curve(fractions, np.array(rising)))
