"""Of how many pieces a file is made, counted before Pillow sees them.

Pillow makes a Python object of each, however little it holds. Of 40 MB that say nothing, millions of them would take
minutes and gigabytes, and no limit on pixels helps against that.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from skinvision.errors import ImageRejected

# Segments or chunks; a large photo has some thousand.
MAX_PIECES = 100_000
# Numbers in the tags of a TIFF page, such as places of strips; a curve for 16 bits and three colours has 196,608
MAX_NUMBERS = 400_000
# A progressive JPEG has about 10 scans. Each costs a pass over the whole picture, however few bytes it has.
MAX_SCANS = 100
# A JPEG holds 64 kB of it, a PNG with the notes of its maker somewhat more.
MAX_EXIF_BYTES = 1_000_000
MAX_PAGES_COUNTED = 100

# Markers of JPEG (ITU T.81, table B.1) that a length follows, and that of the end; those of scans and of frames
_MARKER = re.compile(rb"\xff[\xc0-\xc7\xc9-\xcf\xd9-\xef\xfe]")
_END, _SCAN = 0xD9, 0xDA
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}

# Chunks of PNG in which Pillow finds EXIF
_EXIF_CHUNK = re.compile(rb".{4}(eXIf|(tEXt|zTXt|iTXt)(exif|Raw profile type exif)\0)", re.DOTALL)

# Types of TIFF 6.0 whose values stay bytes, or text; of all others each value becomes an object
_BYTE, _ASCII, _UNDEFINED = 1, 2, 7


@dataclass(frozen=True, slots=True)
class _Piece:
    """A segment of a JPEG or a chunk of a PNG or WebP.

    Attributes:
        more: what else Pillow looks at one by one: bytes before it that are no part of any, or parts of it.
    """

    is_exif: bool
    length: int
    is_scan: bool = False
    more: int = 0


def check_pieces(data: bytes, kind: str) -> None:
    """Refuse a file of so many pieces that reading them takes the time and memory of everybody else.

    Args:
        kind: Pillow's name of the format.

    Raises:
        ImageRejected: too many pieces or scans, or more EXIF than any camera writes.
    """
    pieces = scans = exif = 0
    for piece in _PIECES.get(kind, _none)(data):
        pieces += 1 + piece.more
        scans += piece.is_scan
        exif += piece.length if piece.is_exif else 0
        if scans > MAX_SCANS:
            raise ImageRejected(f"a JPEG of at most {MAX_SCANS} scans", "more", "export it anew as JPEG or PNG")
        if pieces > MAX_PIECES or exif > MAX_EXIF_BYTES:
            raise _too_many()


def count_pages(data: bytes) -> int:
    """Pages of a TIFF, counted up to ``MAX_PAGES_COUNTED`` and until the first that is not there.

    Raises:
        ImageRejected: a page of too many strips, tiles or values.
        struct.error, OverflowError: not even the first page is whole.
    """
    layout = _Layout.of(data)
    (place,) = struct.unpack_from(layout.offset, data, layout.first)
    seen: set[int] = set()
    while place and place not in seen and len(seen) < MAX_PAGES_COUNTED:
        try:
            following = _after(data, place, layout)
        except (struct.error, OverflowError):
            if not seen:
                raise
            break
        seen.add(place)
        place = following
    return len(seen)


def _too_many() -> ImageRejected:
    got = "a file of very many small pieces"
    return ImageRejected("a picture as cameras and programs write it", got, "export it anew as JPEG or PNG")


def _jpeg(data: bytes) -> Iterator[_Piece]:
    """Segments of the first picture in a JPEG; a phone may have put a film behind it.

    Before the first scan Pillow looks for markers, past any end of the picture; from there on libjpeg does.
    """
    place, is_heading = 2, True
    while marker := _MARKER.search(data, place):
        kind, strays = marker[0][1], marker.start() - place if is_heading else 0
        if kind == _END and not is_heading:
            return
        length = 0 if kind == _END else max(int.from_bytes(data[marker.end() : marker.end() + 2]), 2)
        parts = length if kind in _FRAMES else 0
        yield _Piece(data.startswith(b"Exif\0", marker.end() + 2), length, kind == _SCAN, strays + parts)
        place, is_heading = marker.end() + length, is_heading and kind != _SCAN
    if is_heading:
        yield _Piece(is_exif=False, length=0, more=max(len(data) - place, 0))


def _png(data: bytes) -> Iterator[_Piece]:
    place = 8
    while place + 8 <= len(data):
        length = int.from_bytes(data[place : place + 4])
        yield _Piece(_EXIF_CHUNK.match(data, place) is not None, length)
        if data.startswith(b"IEND", place + 4):
            return
        place += 12 + length


def _webp(data: bytes) -> Iterator[_Piece]:
    place, end = 12, min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    while place + 8 <= end:
        length = int.from_bytes(data[place + 4 : place + 8], "little")
        yield _Piece(data.startswith(b"EXIF", place), length)
        place += 8 + length + length % 2


def _none(data: bytes) -> Iterator[_Piece]:  # noqa: ARG001
    return iter(())


_PIECES: dict[str, Callable[[bytes], Iterator[_Piece]]] = {"JPEG": _jpeg, "PNG": _png, "WEBP": _webp}


@dataclass(frozen=True, slots=True)
class _Layout:
    """Of a TIFF or BigTIFF, as formats of ``struct``."""

    first: int  # where the offset of the first page stands
    offset: str
    entries: str  # how many a page has
    entry: struct.Struct  # tag, type, number of values, value or its offset

    @classmethod
    def of(cls, data: bytes) -> _Layout:
        order = "<" if data.startswith(b"II") else ">"
        if data[2:4] in (b"+\0", b"\0+"):
            return cls(8, order + "Q", order + "Q", struct.Struct(order + "HHQQ"))
        return cls(4, order + "I", order + "H", struct.Struct(order + "HHII"))


def _after(data: bytes, place: int, layout: _Layout) -> int:
    """Where the page after that at ``place`` is, 0 where there is none."""
    (entries,) = struct.unpack_from(layout.entries, data, place)
    place += struct.calcsize(layout.entries)
    end = place + entries * layout.entry.size
    if entries > MAX_PIECES:
        raise _too_many()
    fields = layout.entry.iter_unpack(data[place:end])
    if sum(number for _, kind, number, _ in fields if kind not in (_BYTE, _ASCII, _UNDEFINED)) > MAX_NUMBERS:
        raise _too_many()
    (following,) = struct.unpack_from(layout.offset, data, end)
    return int(following)
