"""Display values of sRGB to amounts of light and back (IEC 61966-2-1)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Of linear red, green and blue light.
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])

Values = NDArray[np.float64]


def to_light(display: NDArray[Any]) -> Values:
    """Amounts of light in [0, 1] for display values in [0, 1]."""
    return np.where(display <= 0.04045, display / 12.92, ((display + 0.055) / 1.055) ** 2.4)


def to_display(light: NDArray[Any]) -> Values:
    """Display values in [0, 1] for amounts of light in [0, 1]."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
