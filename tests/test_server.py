"""What the process that serves the pages has set: freed memory goes back, and no picture goes to a disk."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator

import pytest
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartParser
from streamlit import config

from skinvision.ui.server import settle
from tests.pages import ROOT

_PROGRAM = """
import sys
import numpy as np
from skinvision.ui.server import give_back
def held():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 / 2**20
if sys.argv[1] == "given back":
    assert give_back()
np.zeros(31 * 2**20, np.uint8)  # once freed, it raises the threshold under which glibc takes memory from its heap
before = held()
arrays = [np.ones(4 * 2**20, np.uint8) for _ in range(20)]
last = np.ones(2**20 // 2, np.uint8)  # above the others in the heap
del arrays
print(held() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc is told")
def test_what_is_freed_goes_back_to_the_system() -> None:
    kept = {
        how: float(
            subprocess.run(
                [sys.executable, "-c", _PROGRAM, how], cwd=ROOT, capture_output=True, text=True, check=True
            ).stdout
        )
        for how in ("as it is", "given back")
    }
    assert kept["given back"] < 10 < kept["as it is"], "80 MiB were freed"


def test_an_upload_stays_in_memory() -> None:
    settle()
    parser = MultiPartParser(Headers({"content-type": "multipart/form-data; boundary=b"}), _no_body())
    assert parser.spool_max_size > config.get_option("server.maxUploadSize") * 2**20


async def _no_body() -> AsyncIterator[bytes]:
    yield b""
