"""What the process that serves the pages needs set: freed memory goes back, and no picture goes to a disk."""

from __future__ import annotations

import ctypes
import sys

from starlette.formparsers import MultiPartParser
from streamlit import config

_MIB = 2**20
# Of mallopt(3), by the numbers in malloc.h. To set the thresholds keeps glibc from raising them to the largest picture.
_SETTINGS = {
    -1: _MIB,  # M_TRIM_THRESHOLD: so much may stay free at the end of the heap
    -3: _MIB,  # M_MMAP_THRESHOLD: from this size on, an array has pages of its own
    -8: 2,  # M_ARENA_MAX: heaps for all threads together
}


def settle() -> None:
    """Set all of it; once is enough."""
    give_back()
    # What is larger than this is spooled to a temporary file; nothing larger than an upload comes in.
    MultiPartParser.spool_max_size = (config.get_option("server.maxUploadSize") + 1) * _MIB


def give_back() -> bool:
    """Have freed memory go back to the system: by itself, glibc keeps it, and more each time.

    Returns:
        Whether that could be set, which is with glibc alone.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    return mallopt is not None and min(mallopt(option, value) for option, value in _SETTINGS.items()) == 1
