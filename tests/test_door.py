"""What the server is set to, and what its guard tells a browser."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import asgi

ROOT = Path(__file__).parents[1]
SETTINGS: dict[str, Any] = {
    "browser.gatherUsageStats": False,  # no telemetry
    "browser.serverAddress": "localhost",
    "client.allowedOrigins": [],  # no other site may steer the app
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "client.toolbarMode": "minimal",
    "global.developmentMode": False,
    "runner.fastReruns": False,  # or two runs of one session share its queue
    "server.corsAllowedOrigins": [],
    "server.enableAgentApi": False,
    "server.enableCORS": True,
    "server.enableStaticServing": False,
    "server.enableXsrfProtection": True,
    "server.fileWatcherType": "none",
    "server.maxMessageSize": 50,
    "server.maxUploadSize": 50,
    "server.showEmailPrompt": False,
    "server.xsrfCookieSameSite": "lax",
}
_READ = """
import json, sys
from streamlit import config
print(json.dumps({name: config.get_option(name) for name in json.loads(sys.argv[1])}))
"""


def test_the_shipped_configuration_is_what_the_server_goes_by() -> None:
    command = [sys.executable, "-c", _READ, json.dumps(list(SETTINGS))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == SETTINGS
    assert done.stderr == "", "an option that this version does not know is complained of"


@pytest.mark.parametrize(("path", "answer"), [("/", 200), ("/missing", 404), ("/faulty", 500)])
def test_every_answer_has_the_headers(path: str, answer: int) -> None:
    status, headers = _asked(path)
    assert status == answer
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["permissions-policy"] == "camera=(self), microphone=(), geolocation=()"


def test_the_policy_names_no_other_host_and_lets_no_text_become_a_script() -> None:
    _, headers = _asked("/")
    policy = dict(each.split(" ", 1) for each in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    sources = {source for listed in policy.values() for source in listed.split()}
    quoted = {source for source in sources if source.startswith("'")}
    assert sources - quoted == {"data:", "blob:"}
    assert not {"'unsafe-inline'", "'unsafe-eval'", "data:", "blob:"} & set(policy["script-src"].split())


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/metrics/", "/base/_stcore/metrics"])
def test_figures_of_the_server_are_hidden(path: str) -> None:
    status, headers = _asked(path)
    assert status == 404
    assert "content-security-policy" in headers


_LIVE = """
import asgi, asyncio, gc, sys, threading
async def live():
    async with asgi.warmed(asgi.app):
        await asyncio.sleep(2 * asgi.HEAD_START_S)
before = "torch" in sys.modules
asyncio.run(live())
for thread in threading.enumerate():
    if thread.name == "warm-up":
        thread.join()
print(before, gc.get_freeze_count() > 0)  # which is the last that the warm-up does
"""


def test_the_networks_are_loaded_before_the_first_visitor(tiny_models: Path) -> None:
    environment = {**os.environ, "SKINVISION_WEIGHTS": str(tiny_models)}
    command = [sys.executable, "-c", _LIVE]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def _asked(path: str) -> tuple[int, dict[str, str]]:
    """Status and headers of the guard's answer, before an app that answers at / and to all that is hidden, or fails."""

    async def ask() -> tuple[int, dict[str, str]]:
        told = []

        async def send(message: Any) -> None:
            told.append(message)

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b"", "root_path": ""}
        with suppress(ZeroDivisionError):  # what answers hands it on to the server's log
            await _answering()(scope, receive, send)
        start = told[0]
        return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}

    return asyncio.run(ask())


def _answering() -> Starlette:
    async def answer(_: Any) -> PlainTextResponse:
        return PlainTextResponse("something")

    async def fail(_: Any) -> PlainTextResponse:
        raise ZeroDivisionError

    paths = ("/", "/_stcore/metrics", "/_stcore/metrics/", "/base/_stcore/metrics")
    return Starlette(
        routes=[*(Route(path, answer) for path in paths), Route("/faulty", fail)],
        middleware=[Middleware(asgi.Guard)],
        exception_handlers=asgi.app._exception_handlers,
    )
