"""Memory that is freed goes back to the system."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.pages import ROOT

_PROGRAM = """
import sys
import numpy as np
from skinvision.ui.allocator import give_back
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
