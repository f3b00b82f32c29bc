"""A visitor without a browser, who says to the server what the page's JavaScript says to it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Common_pb2 import FileURLs, UploadedFileInfo
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from benchmarks.screen import Screen

LIMIT_S = 180
_FILES = re.compile(rb'<(?:script|link rel="(?:modulepreload|stylesheet|preload)")[^>]* (?:src|href)="\./([^"]+)"')
_PANELS = 3  # the picture, the mask, the heatmap


@dataclass(frozen=True, slots=True)
class Picture:
    """A file to upload."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Result:
    """All panels of one picture. Two results are equal where all their bits are, but for the timings.

    Attributes:
        images: of picture, mask and heatmap, as files.
        chart: its plotly figure as JSON.
        document: the downloaded JSON without its timings.
    """

    images: tuple[bytes, ...]
    chart: str
    document: dict[str, Any]


class Visitor:
    """One open tab of the Analyse page."""

    def __init__(self, address: str) -> None:
        host = urlsplit(address).netloc
        self._address, self._host, self._cookie = address, host, ""
        self._open = ExitStack()
        self._socket: ClientConnection | None = None
        self._screen = Screen()

    def open(self, fresh: bool = False) -> None:
        """Get the page, and run its script once.

        Args:
            fresh: whether the frontend's own files are fetched too, as by a browser with an empty cache.
        """
        index = self._get("/")
        for path in _FILES.findall(index) if fresh else ():
            self._get(f"/{path.decode()}")
        self._get("/_stcore/health")
        self._get("/_stcore/host-config")
        token = self._cookie.partition("=")[2]
        line = connect(
            f"ws://{self._host}/_stcore/stream",
            origin=Origin(self._address),
            subprotocols=[Subprotocol("streamlit"), Subprotocol(token)],
            additional_headers={"Cookie": self._cookie},
            open_timeout=LIMIT_S,
            ping_interval=None,
            max_queue=None,  # as many messages as come: a browser, too, never stops listening
            max_size=None,
            proxy=None,
        )
        self._socket = self._open.enter_context(line)
        self._rerun()
        self._finish()

    def bring(self, picture: Picture) -> None:
        """Upload a picture, and have the script run with it."""
        uploader = self._screen.all("file_uploader")[0]
        state = WidgetState(id=uploader.id)
        state.file_uploader_state_value.uploaded_file_info.append(self._upload(picture))
        self._rerun(state)

    def result(self) -> Result:
        """Everything that is shown about the one picture that was brought, and the download as JSON."""
        self._finish()
        images = [image for images in self._screen.all("imgs") for image in images.imgs]
        charts = self._screen.all("plotly_chart")
        if (len(images), len(charts)) != (_PANELS, 1):
            came = f"{len(images)} and {len(charts)}{self._said()}"
            raise RuntimeError(f"expected {_PANELS} pictures and a chart, got {came}")
        document = json.loads(self._download("Figures as JSON"))
        del document["timings_ms"]
        return Result(tuple(self._get(image.url) for image in images), charts[0].spec, document)

    def close(self) -> None:
        """Close the tab."""
        self._open.close()

    def _rerun(self, *states: WidgetState) -> None:
        """Have the script run, with widgets as given."""
        client = ClientState(cached_message_hashes=self._screen.known)
        client.widget_states.widgets.extend(states)
        self._send(BackMsg(rerun_script=client))

    def _finish(self) -> None:
        """Take in what the script puts on the page until it is at its end."""
        while (status := self._answer("script_finished")) != ForwardMsg.FINISHED_SUCCESSFULLY:
            if status == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                raise RuntimeError("the page's script does not compile")
        if exceptions := self._screen.all("exception"):
            raise RuntimeError(f"the page shows an exception: {exceptions[0].type} {exceptions[0].message}")

    def _upload(self, picture: Picture) -> UploadedFileInfo:
        request = BackMsg()
        request.file_urls_request.request_id = uuid4().hex
        request.file_urls_request.session_id = self._screen.session
        request.file_urls_request.file_names.append(picture.name)
        self._send(request)
        urls: FileURLs = self._answer("file_urls_response").file_urls[0]
        body, kind = _form(picture)
        token = self._cookie.partition("=")[2]
        self._request("PUT", urls.upload_url, body, {"Content-Type": kind, "X-Xsrftoken": token})
        return UploadedFileInfo(file_id=urls.file_id, name=picture.name, size=len(picture.data), file_urls=urls)

    def _download(self, label: str) -> bytes:
        """The file behind a button."""
        button = next(button for button in self._screen.all("download_button") if button.label == label)
        return self._get(button.url)

    def _said(self) -> str:
        """What the page says went wrong, after a colon."""
        alerts = [alert.body for alert in self._screen.all("alert")]
        return f": {' '.join(alerts)}" if alerts else ""

    def _send(self, message: BackMsg) -> None:
        assert self._socket is not None
        self._socket.send(message.SerializeToString())

    def _answer(self, kind: str) -> Any:
        """The next message of a kind; what comes before it goes on the screen."""
        assert self._socket is not None
        while True:
            message = ForwardMsg.FromString(self._socket.recv(timeout=LIMIT_S))
            self._screen.take(message)
            if message.WhichOneof("type") == kind:
                return getattr(message, kind)

    def _get(self, path: str) -> bytes:
        return self._request("GET", path)

    def _request(self, method: str, path: str, body: bytes | None = None, more: dict[str, str] | None = None) -> bytes:
        with closing(HTTPConnection(self._host, timeout=LIMIT_S)) as line:
            line.request(method, path, body, {"Cookie": self._cookie} | (more or {}))
            answer = line.getresponse()
            if answer.status >= 400:
                raise RuntimeError(f"{method} {path}: {answer.status} {answer.reason}")
            self._cookie = (answer.headers["Set-Cookie"] or self._cookie).partition(";")[0]
            return answer.read()


@contextmanager
def visiting(address: str) -> Iterator[Visitor]:
    """A visitor who leaves at the end."""
    visitor = Visitor(address)
    try:
        yield visitor
    finally:
        visitor.close()


def _form(picture: Picture) -> tuple[bytes, str]:
    """The picture as a form with one file, and the form's content type."""
    mark = uuid4().hex
    head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{picture.name}"\r\n'
    body = head.encode() + b"Content-Type: image/jpeg\r\n\r\n" + picture.data + f"\r\n--{mark}--\r\n".encode()
    return body, f"multipart/form-data; boundary={mark}"
