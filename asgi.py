"""The app with a guard at its door: ``streamlit run asgi.py``, as ``make run`` does.

A browser is told to load nothing from another host, to believe the types that it is told, to show the app in no frame
of another site, and to pass its address on to nobody. Figures about the server's sessions are not given away. The
networks are loaded before the first visitor comes, unless one is there at once.
"""

from __future__ import annotations

import asyncio
import re
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from skinvision.ui import models

HEAD_START_S = 2.0  # about what a first page takes, which would be slower beside all that is loaded
_INDEX = Path(st.__file__).parent / "static" / "index.html"
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_HIDDEN = "/_stcore/metrics"


def _inline_scripts() -> str:
    """The scripts that stand in Streamlit's own page, by their hashes: no other one may."""
    digests = (sha256(script.encode()).digest() for script in _INLINE.findall(_INDEX.read_text(encoding="utf-8")))
    return " ".join(f"'sha256-{b64encode(digest).decode()}'" for digest in digests)


_POLICY = {
    "default-src": "'none'",
    # Streamlit reads 64-bit integers by a piece of WebAssembly.
    "script-src": f"'self' 'wasm-unsafe-eval' {_inline_scripts()}",
    "style-src": "'self' 'unsafe-inline'",  # Streamlit and Plotly make their styles while they run
    "img-src": "'self' data: blob:",  # a chart's and a canvas' own pictures, a page's icon, a camera's photo
    "font-src": "'self' data:",  # Streamlit carries one of its fonts within its styles
    "connect-src": "'self' data:",  # the websocket too; the camera's photo is read from a data: address
    "media-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
_HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in _POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}


async def failed(_request: Request, _error: Exception) -> Response:
    """The answer where an error got through, which no middleware sees: it brings the headers itself."""
    return PlainTextResponse("Internal Server Error", 500, _HEADERS)


class Guard:
    """Adds the headers to every answer, and hides what is nobody's business."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        hidden = scope["type"] == "http" and scope["path"].rstrip("/").endswith(_HIDDEN)
        answer = PlainTextResponse("Not Found", 404) if hidden else self.app
        await answer(scope, receive, send_guarded)


@asynccontextmanager
async def warmed(_: st.App) -> AsyncIterator[None]:
    """The networks are loaded before the first visitor, unless one is there at once, who gets the page first."""
    pending = asyncio.get_running_loop().call_later(HEAD_START_S, models.warm_up)
    try:
        yield
    finally:
        pending.cancel()


app = st.App(
    Path(__file__).with_name("streamlit_app.py"),
    middleware=[Middleware(Guard)],
    lifespan=warmed,
    exception_handlers={Exception: failed},
)
