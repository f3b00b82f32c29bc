"""What the process that serves the pages needs set: freed memory goes back, no picture goes to a disk, no other machine
is asked, and whoever has gone is forgotten in time.
"""

from __future__ import annotations

import asyncio
import ctypes
import sys
import warnings
from typing import TYPE_CHECKING

from starlette.formparsers import MultiPartParser
from streamlit import config, net_util
from streamlit.runtime import Runtime

if TYPE_CHECKING:
    from cachetools import TTLCache
    from streamlit.runtime.session_manager import SessionInfo

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
    # To a page of another site that knocks, Streamlit compares this machine's outer address, for which it asks a public
    # service while everybody else waits.
    net_util.get_external_ip = _unknown
    # Pillow gives one for each broken piece of metadata, of which files have thousands.
    warnings.filterwarnings("ignore", module="PIL")


def _unknown() -> None:
    """No address."""


def forget_the_gone() -> bool:
    """Forget the sessions whose time is up, as Streamlit does by itself only when another one ends.

    Returns:
        Whether there were any.
    """
    runtime = Runtime.instance() if Runtime.exists() else None
    manager = getattr(runtime, "_session_mgr", None)  # Streamlit's test runner stands in for a runtime without one
    if runtime is None or manager is None:
        return False
    sessions = manager._session_storage._cache
    loop = runtime._get_async_objs().eventloop  # sessions are its own, and no other thread's
    return asyncio.run_coroutine_threadsafe(_ended(sessions), loop).result() > 0


async def _ended(sessions: TTLCache[str, SessionInfo]) -> int:
    gone = [info.session for _, info in sessions.expire()]
    for session in gone:
        session.shutdown()
        session.session_state.clear()  # Streamlit's own loop still holds the last one that it has sent anything to
    return len(gone)


def give_back() -> bool:
    """Have freed memory go back to the system: by itself, glibc keeps it, and more each time.

    Returns:
        Whether that could be set, which is with glibc alone.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    return mallopt is not None and min(mallopt(option, value) for option, value in _SETTINGS.items()) == 1
