"""How large a picture may be, and what a file looks like that is read: the same for all formats."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from PIL import Image

from skinvision.errors import ImageRejected
from skinvision.intake.colour import Stored

MAX_PIXELS = 40_000_000
MIN_SIDE_PX = 64

# All that the libraries below were seen to raise, or may raise by their source, on damaged files.
DAMAGE = (
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
    Warning,
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """What the reader of a format gives.

    Attributes:
        picture: loaded and upright; colour profile and transparent colour, where there are some, in its ``info``.
        stored: how the file stores its pixels.
        notes: sentences about what was changed so far.
    """

    picture: Image.Image
    stored: Stored
    notes: tuple[str, ...]


def check_size(width: int, height: int) -> None:
    """Refuse what is too large or too small; from the header, before a pixel is decoded.

    Raises:
        ImageRejected: over 40 megapixels, or under 64 px on the short side.
    """
    if width * height > MAX_PIXELS:
        raise too_large(f"{width} × {height} px, {width * height / 1e6:.0f} megapixels")
    if min(width, height) < MIN_SIDE_PX:
        expected = f"at least {MIN_SIDE_PX} px on the short side"
        raise ImageRejected(expected, f"{width} × {height}", "upload a larger or closer photo")


def too_large(got: str) -> ImageRejected:
    """The rejection of a picture of more pixels than are read."""
    expected = f"at most {MAX_PIXELS // 1_000_000} megapixels"
    return ImageRejected(expected, got, "make the picture smaller, 4000 px wide for instance, and upload that")


def only_frame(number: int, count: int, at_least: str = "") -> tuple[str, ...]:
    """The note for a file of ``count`` frames, none where it is one."""
    return (f"Only frame {number} of {at_least}{count} is analysed.",) if count > 1 else ()
