"""Small valid files of every kind that is read, and ways to damage them."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from hypothesis import strategies as st
from PIL import Image

from tests.extras import dicom, heic, jpeg_dicom
from tests.files import CORNERS, RAMP, png, profile, saved, tiff

# Values on which headers stumble: none, one, the signs' ends, all ones
_STUMBLING = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]
_HEADER = 400


@cache
def samples() -> dict[str, bytes]:
    rgb = Image.fromarray(cv2.resize(CORNERS, (72, 66)))
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "x"
    rich = {"exif": exif, "icc_profile": profile()}
    return {
        "jpeg": saved(rgb, "JPEG", **rich),
        "progressive": saved(rgb, "JPEG", progressive=True),
        "cmyk": saved(rgb.convert("CMYK"), "JPEG"),
        "mpo": saved(rgb, "MPO", save_all=True, append_images=[rgb]),
        "png": saved(rgb, "PNG", **rich),
        "palette": saved(rgb.quantize(9), "PNG"),
        "apng": saved(rgb, "PNG", save_all=True, append_images=[rgb.rotate(90)]),
        "deep png": png(RAMP, 16, 0),
        "webp": saved(rgb, "WEBP", **rich),
        "lossless webp": saved(rgb, "WEBP", lossless=True),
        "animated webp": saved(rgb, "WEBP", save_all=True, append_images=[rgb.rotate(90)]),
        "bmp": saved(rgb, "BMP"),
        "tiff": saved(rgb, "TIFF", exif=exif),
        "lzw": saved(rgb, "TIFF", compression="tiff_lzw"),
        "jpeg tiff": saved(rgb, "TIFF", compression="jpeg"),
        "fax": saved(rgb.convert("1"), "TIFF", compression="group4"),
        "pages": saved(rgb, "TIFF", save_all=True, append_images=[rgb, rgb]),
        "floats": tiff(np.ones((64, 64), np.float32)),
        "heic": heic(CORNERS),
        "dicom": dicom(CORNERS),
        "jpeg dicom": jpeg_dicom([saved(rgb, "JPEG")], 66, 72),
    }


@st.composite
def damaged_files(draw: st.DrawFn) -> bytes:
    """One of the samples with one to four damages: cut short, bits flipped, a field set, a piece of another put in."""
    data = draw(st.sampled_from(list(samples().values())))
    for _ in range(draw(st.integers(1, 4))):
        data = draw(_damages(data)) if data else data
    return data


def _damages(data: bytes) -> st.SearchStrategy[bytes]:
    anywhere = st.integers(0, len(data) - 1)
    place = st.one_of(st.integers(0, min(len(data), _HEADER) - 1), anywhere)
    return st.one_of(
        anywhere.map(lambda end: data[:end]),
        st.builds(lambda at, bit: data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :], place, st.integers(0, 7)),
        st.builds(lambda at, field: data[:at] + field + data[at + len(field) :], place, _fields()),
        st.builds(lambda at, piece: data[:at] + piece + data[at:], anywhere, _pieces()),
        st.builds(lambda at, length: data[:at] + data[at + length :], anywhere, st.integers(1, 64)),
    )


def _fields() -> st.SearchStrategy[bytes]:
    sizes, orders = st.sampled_from([1, 2, 4]), st.sampled_from(["little", "big"])
    values = st.sampled_from(_STUMBLING)
    return st.builds(lambda value, size, order: (value % (1 << 8 * size)).to_bytes(size, order), values, sizes, orders)


def _pieces() -> st.SearchStrategy[bytes]:
    other = st.sampled_from(list(samples().values()))
    return st.builds(lambda data, at, length: data[at:][:length], other, st.integers(0, 2000), st.integers(1, 300))
