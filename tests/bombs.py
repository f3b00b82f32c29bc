"""Files that are small, or hold little, and would cost much time or memory to read."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import numpy as np
from PIL import Image

from tests.extras import dicom
from tests.files import CORNERS, chunk, png, profile, saved

LARGEST = (8000, 5000)  # width, height: as many pixels as are read
_PHOTO = saved(CORNERS, "JPEG")
_LONG, _SHORT, _RATIONAL = 4, 3, 5  # types of TIFF 6.0


def blank(mode: str, fmt: str, size: tuple[int, int] = LARGEST, **options: object) -> bytes:
    """One colour, as large as is read."""
    buffer = BytesIO()
    Image.new(mode, size, 200).save(buffer, fmt, **options)
    return buffer.getvalue()


def blank_png(bits: int, colour: int, channels: int, *extra: bytes, size: tuple[int, int] = LARGEST) -> bytes:
    """Zeros in all channels: for an alpha channel that is transparent."""
    packer, row = zlib.compressobj(1), b"\0" * (1 + size[0] * channels * bits // 8)
    body = b"".join(packer.compress(row) for _ in range(size[1])) + packer.flush()
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, bits, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def foreign_profile() -> bytes:
    return chunk(b"iCCP", b"x\0\0" + zlib.compress(profile(a=b"rXYZ", b=b"gXYZ")))


def blank_tiff(dtype: str, channels: int = 1, colours: int = 1, size: tuple[int, int] = LARGEST) -> bytes:
    """Zeros, packed by deflate."""
    width, height = size
    packed = zlib.compress(np.zeros((height, width * channels), dtype).tobytes(), 1)
    kind, bits = {"u": 1, "i": 2, "f": 3}[np.dtype(dtype).kind], np.dtype(dtype).itemsize * 8
    fields = {256: width, 257: height, 258: bits, 259: 8, 262: colours, 277: channels, 278: height, 279: len(packed)}
    return _tiff({**{tag: (_LONG, 1, value) for tag, value in fields.items()}, 339: (_SHORT, 1, kind)}, 273, 1, packed)


def tiff_of_tiles(count: int) -> bytes:
    """Each of one pixel."""
    fields = {256: 64, 257: count // 64, 258: 8, 259: 1, 262: 1, 277: 1, 322: 1, 323: 1}
    return _tiff({tag: (_LONG, 1, value) for tag, value in fields.items()}, 324, count, b"\x08\0\0\0" * count)


def tiff_of_fractions(count: int, leading: int = 0) -> bytes:
    """Its resolution is that many numbers, on the page behind ``leading`` others."""
    fields = {256: 64, 257: 64, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 64, 279: 4096}
    entries = {tag: (_LONG, 1, value) for tag, value in fields.items()}
    first = b"".join(_page(entries, 8 + 114 * (number + 1)) for number in range(leading))
    start = 8 + len(first) + 2 + 12 * 10 + 4
    return b"II*\0\x08\0\0\0" + first + _page({**entries, 282: (_RATIONAL, count, start)}) + b"\1\0\0\0" * 2 * count


def _tiff(entries: dict[int, tuple[int, int, int]], tag: int, count: int, tail: bytes) -> bytes:
    """One page, whose ``tag`` is an array or a place at its end."""
    start = 8 + 2 + 12 * (len(entries) + 1) + 4
    return b"II*\0\x08\0\0\0" + _page({**entries, tag: (_LONG, count, start)}) + tail


def _page(entries: dict[int, tuple[int, int, int]], following: int = 0) -> bytes:
    body = b"".join(struct.pack("<HHII", tag, *entry) for tag, entry in sorted(entries.items()))
    return struct.pack("<H", len(entries)) + body + struct.pack("<I", following)


def exif_of_numbers(tag: int, count: int) -> bytes:
    """EXIF whose orientation, say, is that many fractions."""
    return b"II*\0\x08\0\0\0" + _page({tag: (_RATIONAL, count, 26)}) + b"\1\0\0\0" * 2 * count


def jpeg_of_segments(count: int) -> bytes:
    return jpeg_heading(b"\xff\xe5\0\2" * count)


def jpeg_heading(parts: bytes) -> bytes:
    """With ``parts`` where Pillow looks for the first marker."""
    return _PHOTO[:2] + parts + _PHOTO[2:]


def jpeg_of_exif(count: int) -> bytes:
    exif = exif_of_numbers(282, count)
    parts = (b"Exif\0\0" + exif[start : start + 65_000] for start in range(0, len(exif), 65_000))
    return _PHOTO[:2] + b"".join(b"\xff\xe1" + struct.pack(">H", len(part) + 2) + part for part in parts) + _PHOTO[2:]


def jpeg_of_scans(count: int, size: tuple[int, int]) -> bytes:
    photo = blank("RGB", "JPEG", size, progressive=True)
    scan = photo[photo.rindex(b"\xff\xda") : -2]
    return photo[:-2] + scan * (count - photo.count(b"\xff\xda")) + photo[-2:]


def exif_as_text(count: int) -> bytes:
    return chunk(b"tEXt", b"exif\0Exif\0\0" + exif_of_numbers(274, count))


def png_of_chunks(count: int) -> bytes:
    return png(CORNERS, 8, 2, chunk(b"teSt", b"") * count)


def rle_bmp(width: int, height: int) -> bytes:
    """Each run is of one pixel."""
    runs = b"\1\1" * (width * height) + b"\0\1"
    palette = b"".join(bytes([grey, grey, grey, 0]) for grey in range(256))
    start = 54 + len(palette)
    header = struct.pack(
        "<IHHIIiiHHIIiiII", start + len(runs), 0, 0, start, 40, width, height, 1, 8, 1, len(runs), 0, 0, 256, 256
    )
    return b"BM" + header + palette + runs


def dicom_of_elements(count: int, nested: bool = False) -> bytes:
    """Empty ones before the pixels, or sequences each within the one before."""
    whole, pixels = dicom(CORNERS), b"\xe0\x7f\x10\x00OB"
    start = whole.index(pixels)
    opened = b"\x11\x00\x01\x00SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    return whole[:start] + (opened if nested else b"\x11\x00\x01\x00LO\0\0") * count + whole[start:]
