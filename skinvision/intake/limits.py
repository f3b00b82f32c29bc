"""How large a picture may be, and what is raised by damaged files: the same for all formats."""

from __future__ import annotations

import struct
import zlib

from skinvision.errors import ImageRejected

MAX_PIXELS = 40_000_000
# Pillow reads every WebP as an animation, which holds it four times.
MAX_PIXELS_WEBP = 30_000_000
MIN_SIDE_PX = 64

# All that the libraries below were seen to raise, or may raise by their source, on damaged files.
DAMAGE = (
    OSError,
    ImportError,
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


def check_size(width: int, height: int, most: int = MAX_PIXELS) -> None:
    """Refuse what is too large or too small; from the header, before a pixel is decoded.

    Raises:
        ImageRejected: over ``most`` pixels, or under 64 px on the short side.
    """
    if width * height > most:
        raise too_large(f"{width} × {height} px, {width * height / 1e6:.0f} megapixels", most)
    if min(width, height) < MIN_SIDE_PX:
        expected = f"at least {MIN_SIDE_PX} px on the short side"
        raise ImageRejected(expected, f"{width} × {height}", "upload a larger or closer photo")


def too_large(got: str, most: int = MAX_PIXELS) -> ImageRejected:
    """The rejection of a picture of more pixels than are read."""
    expected = f"at most {most // 1_000_000} megapixels"
    return ImageRejected(expected, got, "make the picture smaller, 4000 px wide for instance, and upload that")


def only_frame(number: int, count: int, at_least: str = "") -> tuple[str, ...]:
    """The note for a file of ``count`` frames, none where it is one."""
    return (f"Only frame {number} of {at_least}{count} is analysed.",) if count > 1 else ()
