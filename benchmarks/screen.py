"""What a visitor sees: the elements that the messages of script runs put on the page."""

from __future__ import annotations

from typing import Any

from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg


class Screen:
    """Elements by their places on the page. It does with messages what the browser does."""

    def __init__(self) -> None:
        self.session = ""
        self._run = ""
        self._known: dict[str, ForwardMsg] = {}
        self._elements: dict[tuple[int, ...], tuple[str, Element]] = {}

    @property
    def known(self) -> list[str]:
        """The hashes of messages that the server need not send again."""
        return list(self._known)

    def take(self, message: ForwardMsg) -> None:
        """Change the page as the message says; those that do not concern it are ignored."""
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.session, self._run = message.new_session.initialize.session_id, message.metadata.run.script_run_id
        elif kind in ("delta", "ref_hash"):
            self._put(tuple(message.metadata.delta_path), self._whole(message))
        elif kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
            self._elements = {place: pair for place, pair in self._elements.items() if pair[0] == self._run}

    def all(self, kind: str) -> list[Any]:
        """The elements of one kind, such as ``imgs``, from top to bottom."""
        elements = (element for _, (_, element) in sorted(self._elements.items(), key=lambda item: item[0]))
        return [getattr(element, kind) for element in elements if element.WhichOneof("type") == kind]

    def _whole(self, message: ForwardMsg) -> ForwardMsg:
        """The message itself, or the earlier one that it refers to."""
        if message.metadata.cacheable:
            self._known[message.hash] = message
        return self._known[message.ref_hash] if message.WhichOneof("type") == "ref_hash" else message

    def _put(self, place: tuple[int, ...], message: ForwardMsg) -> None:
        """A block leaves what is in it until the end of the run, as it does in the browser."""
        if message.delta.WhichOneof("type") == "new_element":
            self._elements = {at: pair for at, pair in self._elements.items() if at[: len(place)] != place}
            self._elements[place] = (self._run, message.delta.new_element)
        elif message.delta.WhichOneof("type") == "add_block":
            self._elements.pop(place, None)
