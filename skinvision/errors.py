"""Everything that can go wrong, as one small tree.

SkinvisionError
├── ImageRejected     the bytes are not a picture that can be analysed
├── WeightsRejected   a weights file or its card is missing, altered or of another version
├── DataRejected      a folder of labelled pictures does not have the layout that is read
├── Busy              so many wait already that another one would wait too long
├── NotWritten        a file could not be written; what was there before is as it was
├── UnknownName       a model, stage or label that does not exist
└── ShapeMismatch     an array of the wrong shape, dtype or range

Every message says what was expected, what came, and what to do about it. Only pages and the command line turn them
into words on a screen.
"""

from __future__ import annotations

from collections.abc import Iterable


class SkinvisionError(Exception):
    """Base of all errors raised by skinvision.

    Args:
        expected: what would have been right.
        got: what came instead.
        remedy: what the person can do about it.
    """

    def __init__(self, expected: str, got: str, remedy: str) -> None:
        super().__init__(expected, got, remedy)
        self.expected = expected
        self.got = got
        self.remedy = remedy

    def __str__(self) -> str:
        return f"expected {self.expected}, got {self.got}; {self.remedy}"


class ImageRejected(SkinvisionError):
    """The bytes are not a picture that can be analysed."""


class WeightsRejected(SkinvisionError):
    """A weights file or its card is missing, altered or of another version."""


class DataRejected(SkinvisionError):
    """A folder of labelled pictures does not have the layout that is read."""


class Busy(SkinvisionError):
    """So many wait already that another one would wait too long."""


class NotWritten(SkinvisionError):
    """A file could not be written; what was there before is as it was."""


class UnknownName(SkinvisionError):
    """A model, stage or label that does not exist."""

    @classmethod
    def among(cls, kind: str, got: str, known: Iterable[str]) -> UnknownName:
        """The error for ``got``, which is not in ``known``."""
        return cls(f"a {kind} among {', '.join(known) or '(none)'}", repr(got), f"choose a known {kind}")


class ShapeMismatch(SkinvisionError):
    """An array of the wrong shape, dtype or range."""
