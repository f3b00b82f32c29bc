"""Picture files of every kind, made by hand where Pillow does not write them."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from skinvision.errors import ImageRejected
from skinvision.intake import read_case

# A corner of each colour, so that turns, mirrors and swapped channels all show.
CORNERS = np.zeros((64, 80, 3), np.uint8)
CORNERS[:32, :40], CORNERS[:32, 40:], CORNERS[32:, :40] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
RAMP = np.tile(np.arange(0, 65536, 512, dtype=np.uint16), (64, 1))  # (64, 128), every 16-bit step of 512


def saved(pixels: np.ndarray | Image.Image, fmt: str, **options: Any) -> bytes:
    buffer = BytesIO()
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    picture.save(buffer, fmt, **options)
    return buffer.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(pixels: np.ndarray, bits: int, colour: int, *extra: bytes, size: tuple[int, int] | None = None) -> bytes:
    """A PNG of (H, W[, C]) values; ``size`` (width, height) may lie."""
    width, height = size or (pixels.shape[1], pixels.shape[0])
    rows = pixels.astype(">u2" if bits == 16 else "u1")
    packed = b"".join(b"\0" + row.tobytes() for row in rows)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + chunk(b"IDAT", zlib.compress(packed)) + chunk(b"IEND", b"")


def tiff(pixels: np.ndarray, order: str = "<", pages: int = 1, **tags: int) -> bytes:
    """An uncompressed one-strip TIFF of (H, W) or (H, W, 3) values, its directory repeated ``pages`` times.

    ``tags`` are named ``t<number>``; they add to the usual ones, or replace them.
    """
    height, width = pixels.shape[:2]
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    strip = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder(order)).tobytes()
    sample = {"u": 1, "i": 2, "f": 3}[pixels.dtype.kind]
    fields = {256: width, 257: height, 258: pixels.dtype.itemsize * 8, 259: 1, 262: 2 if channels == 3 else 1, 273: 8}
    fields |= {277: channels, 278: height, 279: len(strip), 339: sample}
    fields |= {int(name[1:]): value for name, value in tags.items()}
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8 + len(strip))
    length = 2 + 12 * len(fields) + 4
    entries = b"".join(struct.pack(order + "HHII", tag, 4, 1, value) for tag, value in sorted(fields.items()))
    directories = []
    for page in range(pages):
        following = 8 + len(strip) + (page + 1) * length if page + 1 < pages else 0
        directories.append(struct.pack(order + "H", len(fields)) + entries + struct.pack(order + "I", following))
    return head + strip + b"".join(directories)


def rejection(data: bytes) -> ImageRejected:
    with pytest.raises(ImageRejected) as caught:
        read_case(data)
    return caught.value


def profile(**swapped: bytes) -> bytes:
    """The sRGB profile; ``a=b"rXYZ", b=b"gXYZ"`` swaps the names of these two tags."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    if not swapped:
        return data
    first, second = data.index(swapped["a"]), data.index(swapped["b"])
    table = bytearray(data)
    table[first : first + 4], table[second : second + 4] = swapped["b"], swapped["a"]
    return bytes(table)
