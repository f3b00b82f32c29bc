"""About how long something takes, in words."""

from __future__ import annotations

import math

_SHORT_S = 20


def duration(seconds: float) -> str:
    """About how long something takes: "a moment", "about 40 s", "about 3 min"."""
    if seconds < 1:
        return "a moment"
    if seconds < 100:
        step = 1 if seconds < _SHORT_S else 10
        return f"about {step * math.ceil(seconds / step)} s"
    return f"about {math.ceil(seconds / 60)} min"
