"""What visitors leave behind goes back to the system; by itself, glibc keeps it, and more each time."""

from __future__ import annotations

import ctypes
import sys

_MIB = 2**20
# Of mallopt(3), by the numbers in malloc.h. To set the thresholds keeps glibc from raising them to the largest picture.
_SETTINGS = {
    -1: _MIB,  # M_TRIM_THRESHOLD: so much may stay free at the end of the heap
    -3: _MIB,  # M_MMAP_THRESHOLD: from this size on, an array has pages of its own
    -8: 2,  # M_ARENA_MAX: heaps for all threads together
}


def give_back() -> bool:
    """Set that; whether it could be, which is with glibc alone."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    return mallopt is not None and min(mallopt(option, value) for option, value in _SETTINGS.items()) == 1
