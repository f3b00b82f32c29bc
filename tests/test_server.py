"""What the process that serves the pages has set: freed memory goes back, and no picture goes to a disk."""

from __future__ import annotations

import subprocess
import sys
import time
import warnings
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartParser
from streamlit import config
from streamlit.testing.v1 import AppTest
from streamlit.web.server.server_util import is_url_from_allowed_origins

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from benchmarks.browser import serving
from benchmarks.visitor import visiting
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


def test_no_public_service_is_asked_whose_page_it_is_that_knocks(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    settle()
    monkeypatch.setattr("requests.get", lambda url, **_: asked.append(url))
    assert not is_url_from_allowed_origins("http://another.example")
    assert is_url_from_allowed_origins("http://localhost:8501")
    assert asked == []


def test_broken_metadata_does_not_fill_the_log() -> None:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        settle()
        warnings.warn_explicit("Corrupt EXIF data", UserWarning, "TiffImagePlugin.py", 1, module="PIL.TiffImagePlugin")
        warnings.warn_explicit("something else", UserWarning, "elsewhere.py", 1, module="elsewhere")
    assert [str(each.message) for each in heard] == ["something else"]


_PAGE = """
import gc, threading, time
from pathlib import Path
import streamlit as st
from skinvision.ui.server import forget_the_gone

class Brought:
    def __del__(self):
        Path({gone!r}).touch()

@st.cache_resource
def looking():
    def look():
        while {looks}:
            time.sleep(0.2)
            if forget_the_gone():
                gc.collect()
    threading.Thread(target=look, daemon=True).start()

st.session_state.setdefault("brought", Brought())
looking()
"""


@pytest.mark.parametrize("looks", [True, False])
def test_the_last_visitor_who_leaves_is_forgotten_too(tmp_path: Path, looks: bool) -> None:
    """By itself, Streamlit waits for another one to leave."""
    page, gone = tmp_path / "page.py", tmp_path / "gone"
    page.write_text(_PAGE.format(gone=str(gone), looks=looks))
    with serving({"STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": "1", "PYTHONPATH": str(ROOT)}, str(page)) as server:
        with visiting(server.address) as visitor:
            visitor.open()
        deadline = time.monotonic() + (60 if looks else 4)
        while time.monotonic() < deadline and not gone.exists():
            time.sleep(0.1)
        assert gone.exists() == looks


def test_where_no_server_keeps_sessions_nobody_is_forgotten() -> None:
    """Streamlit's test runner stands in for the server, and the thread that looks again lives on beside it."""
    page = "import streamlit as st\nfrom skinvision.ui.server import forget_the_gone\nst.text(str(forget_the_gone()))"
    app = AppTest.from_string(page).run()
    assert not app.exception
    assert app.text[0].value == "False"


async def _no_body() -> AsyncIterator[bytes]:
    yield b""
