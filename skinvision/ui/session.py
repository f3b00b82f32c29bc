"""What one visitor has brought, and what came of it. It is in ``st.session_state`` alone and ends with the session."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

if TYPE_CHECKING:  # they import OpenCV
    from skinvision.faithfulness import Findings
    from skinvision.types import Analysis, Case, Explanation, LesionMask

T = TypeVar("T")
_LONGEST_NAME = 60
_NO_BREAK = "\N{NO-BREAK SPACE}"
_MARKS = frozenset("\\`*_{}[]()<>#+-.!|:$~&\"'/=@^%?,;")


@dataclass(frozen=True, slots=True)
class Wanted:
    """By which models, and with maps of which stage, a picture is to be analysed."""

    segmenter: str
    classifier: str
    stage: str


@dataclass(frozen=True, slots=True)
class Asked:
    """By which models, method, at which stage and for which class a map is to be made."""

    wanted: Wanted
    method: str
    stage: str
    target: str


@dataclass(slots=True, eq=False)
class Upload:
    """One picture of this session.

    Attributes:
        name: what it is called on the page, plain and short.
        also: the names of other files with the same bytes.
        sha256: of its bytes.
        synthetic: whether we drew it.
        data: its bytes, until they are read.
        case: the picture, once it is read and accepted.
        reason: why it cannot be analysed; empty where it can.
        analyses, waiting: what is done, and what is in the queue.
        masks, segmenting: likewise, what the segmenters found alone, by their names and under their cards' thresholds.
        maps: by other methods and at other stages.
        findings: what tests said of maps.
        drawn: per place on the page, what was last drawn there, and from what.
        held: whether it waits until the visitor says to go on.
        outline: where the lesion is by the visitor's own hand, of a picture that may have been made smaller.
    """

    name: str
    sha256: str
    synthetic: bool
    data: bytes = field(repr=False)
    case: Case | None = None
    reason: str = ""
    also: tuple[str, ...] = ()
    analyses: dict[Wanted, Analysis] = field(default_factory=dict)
    waiting: dict[Wanted, Future[Analysis]] = field(default_factory=dict)
    masks: dict[str, LesionMask] = field(default_factory=dict)
    segmenting: dict[str, Future[LesionMask]] = field(default_factory=dict)
    maps: dict[Asked, Explanation] = field(default_factory=dict)
    findings: dict[Asked, Findings] = field(default_factory=dict)
    drawn: dict[str, tuple[Hashable, Any]] = field(default_factory=dict)
    held: bool = False
    outline: LesionMask | None = None

    @classmethod
    def of(cls, name: str, data: bytes, *, synthetic: bool = False) -> Upload:
        return cls(plain(name), hashlib.sha256(data).hexdigest(), synthetic, data)

    def is_done(self, wanted: Wanted) -> bool:
        """Whether nothing is left to compute."""
        return bool(self.reason) or wanted in self.analyses

    def cancel(self, *, but: Wanted | None = None) -> None:
        """Take out of the queue what has not begun, ``but`` for one analysis."""
        queues: tuple[dict[Any, Future[Any]], ...] = (self.waiting, self.segmenting)
        for queue in queues:
            for key in [key for key, future in queue.items() if key != but and future.cancel()]:
                queue.pop(key, None)

    def once(self, place: str, key: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` gives; made only if the last thing at this ``place`` came from another ``key``."""
        if place not in self.drawn or self.drawn[place][0] != key:
            self.drawn[place] = (key, make())
        made: T = self.drawn[place][1]
        return made


def uploads() -> dict[str, Upload]:
    """This session's pictures by the SHA-256 of their bytes, the latest first."""
    found: dict[str, Upload] = st.session_state.setdefault("uploads", {})
    return found


def add(new: Iterable[Upload]) -> None:
    """Put pictures in front. One that is there already keeps what was found out about it, but gets another try where
    it could not be analysed; the same bytes under another name are that picture too.
    """
    known: dict[str, Upload] = uploads()
    front: dict[str, Upload] = {}
    for upload in new:
        before = front.get(upload.sha256) or known.get(upload.sha256) or upload
        kept = upload if before.reason else before
        if kept is not before:
            before.cancel()
        is_another = upload is not before and (upload.sha256 in front or upload.name not in (before.name, *before.also))
        kept.name, kept.also = before.name, (*before.also, *([upload.name] if is_another else []))
        front[upload.sha256] = kept
    st.session_state["uploads"] = front | {key: upload for key, upload in known.items() if key not in front}


def remove(sha256: str) -> None:
    """Forget one picture, if it is still there."""
    if upload := uploads().pop(sha256, None):
        upload.cancel()


def hold(pending: Iterable[str], wanted: Wanted) -> None:
    """Have what is not done of ``pending``, by its SHA-256, wait until ``release``.

    A button that were given the pictures themselves would keep them: Streamlit forgets no button of a session.
    """
    for upload in filter(None, map(uploads().get, pending)):
        upload.cancel()
        upload.held = not upload.is_done(wanted)


def release() -> None:
    """Go on with what waits."""
    for upload in uploads().values():
        upload.held = False


def seen_files() -> dict[str, str]:
    """The SHA-256 of each file that an uploader brought. Uploaders show their files again at every rerun."""
    seen: dict[str, str] = st.session_state.setdefault("seen_files", {})
    return seen


def count(what: str) -> int:
    """1 at the first call for ``what`` in this session, then 2, 3, …"""
    key = f"count_{what}"
    st.session_state[key] = st.session_state.get(key, 0) + 1
    return int(st.session_state[key])


def clear() -> None:
    """Forget pictures, results and settings. Widgets start anew, uploaders too, because their keys change."""
    for upload in uploads().values():
        upload.cancel()
    st.session_state["uploads"] = {}
    st.session_state["seen_files"] = {}
    st.session_state["generation"] = st.session_state.get("generation", 0) + 1


def key(name: str) -> str:
    """The key of the widget ``name``: another one after each ``clear``."""
    return f"{name}_{st.session_state.get('generation', 0)}"


def plain(name: str) -> str:
    """``name`` without its folders and without what controls a terminal or the direction of writing, and not long."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C").strip() or "unnamed"
    half = _LONGEST_NAME // 2
    return shown if len(shown) <= _LONGEST_NAME else f"{shown[:half]}…{shown[-half:]}"


def literal(text: str) -> str:
    """``text`` so that Markdown shows it as it is, and no line begins with a percent sign."""
    return "".join(f"\\{letter}" if letter in _MARKS else letter for letter in text.replace(" %", f"{_NO_BREAK}%"))
