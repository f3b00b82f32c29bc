"""A corpus of hostile and odd files, each with what has to come of it. They are made when they are asked for."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tests import bombs
from tests.extras import PATIENT, dicom, heic, jpeg_dicom
from tests.files import CORNERS, RAMP, chunk, png, profile, saved, tiff

EXPECTED = "a JPEG, PNG, WebP, TIFF, BMP, HEIC or DICOM picture"
WRITTEN = "a picture as cameras and programs write it"
SIDE = "at least 64 px on the short side"
LARGE = "at most 40 megapixels"
GREY = "Greyscale converted to RGB; colours are missing."
DEEP = "16 bits per channel scaled to 8."
TURNED = "Turned upright as its EXIF orientation says."
ON_WHITE = "Transparent parts laid on white."
NO_PROFILE = "The embedded colour profile cannot be used and was ignored."
SECRET = "48.2082 16.3738 Jane Doe"


@dataclass(frozen=True, slots=True)
class Hostile:
    """One input, and its outcome: accepted with a size and notes, or rejected with words.

    Attributes:
        name: what it is.
        make: its bytes.
        size: (height, width) where it is accepted.
        notes: with which it is accepted.
        expected, got: of the rejection; ``got`` is a part of it.
        file_name: under which it is uploaded.
        is_vast: it has tens of megapixels, or tens of megabytes.
    """

    name: str
    make: Callable[[], bytes]
    size: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()
    expected: str = ""
    got: str = ""
    file_name: str = "lesion.jpg"
    is_vast: bool = False


def damaged(name: str, kind: str, make: Callable[[], bytes], *, is_vast: bool = False) -> Hostile:
    got = f"a {kind} file that is damaged, incomplete or unusual"
    return Hostile(name, make, expected=EXPECTED, got=got, is_vast=is_vast)


def foreign(name: str, got: str, data: bytes, file_name: str = "lesion.jpg") -> Hostile:
    return Hostile(name, lambda: data, expected=EXPECTED, got=got, file_name=file_name)


def many_pieces(name: str, make: Callable[[], bytes]) -> Hostile:
    return Hostile(name, make, expected=WRITTEN, got="very many small pieces", is_vast=True)


def vast(name: str, make: Callable[[], bytes], *notes: str, size: tuple[int, int] = bombs.LARGEST) -> Hostile:
    return Hostile(name, make, size=size[::-1], notes=notes, is_vast=True)


def fine(name: str, make: Callable[[], bytes], *notes: str, shape: tuple[int, int] = (64, 80)) -> Hostile:
    return Hostile(name, make, size=shape, notes=notes)


# --- bombs

_MANY = 4_000_000


def _claims(fmt: str, width: int, height: int) -> bytes:
    """A small file whose header says that it is large."""
    data = saved(CORNERS, fmt, **({"lossless": True} if fmt == "WEBP" else {}))
    if fmt == "JPEG":
        place, claim = data.index(b"\xff\xc0") + 5, struct.pack(">HH", height, width)
    elif fmt == "BMP":
        place, claim = 18, struct.pack("<II", width, height)
    else:  # VP8L: 14 bits each, from 0 for 1
        place, claim = data.index(b"VP8L") + 9, struct.pack("<I", width - 1 | height - 1 << 14)
    return data[:place] + claim + data[place + len(claim) :]


def _heic_claims(width: int, height: int) -> bytes:
    return heic(CORNERS).replace(struct.pack(">II", 80, 64), struct.pack(">II", width, height))


_BY_HEADER = (
    Hostile("png of 400 megapixels", lambda: png(np.zeros((1, 80)), 8, 0, size=(20_000, 20_000)), expected=LARGE),
    Hostile("png of 2**62 pixels", lambda: png(np.zeros((1, 80)), 8, 0, size=(2**31 - 1,) * 2), expected=LARGE),
    Hostile("jpeg of 65,500 px a side", lambda: _claims("JPEG", 65_500, 65_500), expected=LARGE),
    Hostile("bmp of 30,000 px a side", lambda: _claims("BMP", 30_000, 30_000), expected=LARGE),
    Hostile("webp of 16,384 px a side", lambda: _claims("WEBP", 16_383, 16_383), expected="at most"),
    Hostile("tiff of 30,000 px a side", lambda: tiff(CORNERS, t256=30_000, t257=30_000), expected=LARGE),
    Hostile("heic of 30,000 px a side", lambda: _heic_claims(30_000, 30_000), expected=LARGE),
    Hostile("dicom of 60,000 px a side", lambda: dicom(CORNERS, Rows=60_000, Columns=60_000), expected=LARGE),
    damaged("png of 40 megapixels with one row", "PNG", lambda: png(np.zeros((1, 80)), 8, 0, size=(8000, 5000))),
    damaged("heic of more pixels than it says", "HEIC", lambda: _heic_claims(64, 64)),
)

_TEXT = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 50_000_000))
_PROFILE = chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(50_000_000)))

_BY_DATA = (
    damaged("png with 50 MB of text, packed", "PNG", lambda: png(CORNERS, 8, 2, _TEXT)),
    damaged("png with a profile of 50 MB, packed", "PNG", lambda: png(CORNERS, 8, 2, _PROFILE)),
    fine("png of more rows than it says", lambda: bombs.blank_png(8, 2, 3, size=(80, 64)) + bytes(10_000)),
    many_pieces("tiff of a tile for each pixel", lambda: bombs.tiff_of_tiles(_MANY)),
    many_pieces("tiff whose resolution is millions of numbers", lambda: bombs.tiff_of_fractions(_MANY)),
    many_pieces("tiff with such a second page", lambda: bombs.tiff_of_fractions(_MANY, leading=1)),
    many_pieces("jpeg of millions of segments", lambda: bombs.jpeg_of_segments(_MANY)),
    many_pieces("jpeg that ends and goes on", lambda: bombs.jpeg_heading(b"\xff\xd9" + b"\xff\xe5\0\2" * _MANY)),
    many_pieces("jpeg that begins with padding", lambda: bombs.jpeg_heading(b"\xff" * _MANY)),
    many_pieces("jpeg that begins with restarts", lambda: bombs.jpeg_heading(b"\xff\xd0" * _MANY)),
    many_pieces("jpeg of padding alone", lambda: b"\xff\xd8" + b"\xff" * _MANY),
    many_pieces("jpeg with something else in its head", lambda: bombs.jpeg_heading(b"\xff\xe0\0\2" + b"a" * _MANY)),
    many_pieces(
        "jpeg with markers that have no length",
        lambda: bombs.jpeg_heading(b"\xff\xf0\xff\xff" + b"\xff\xe5\0\2" * _MANY),
    ),
    many_pieces(
        "jpeg of millions of components",
        lambda: bombs.jpeg_heading((b"\xff\xc0\xff\xfe\x08\0\x40\0\x50\x03" + bytes(65_524)) * 200),
    ),
    many_pieces("png of exif as text", lambda: png(CORNERS, 8, 2, bombs.exif_as_text(_MANY))),
    fine("png with zeros behind it", lambda: saved(CORNERS, "PNG") + bytes(2_000_000)),
    fine("webp with zeros behind it", lambda: saved(CORNERS, "WEBP", lossless=True) + bytes(2_000_000)),
    fine("jpeg with padding", lambda: bombs.jpeg_heading(b"\xff" * 1000)),
    many_pieces("jpeg of 32 MB of exif", lambda: bombs.jpeg_of_exif(_MANY)),
    many_pieces("png of millions of chunks", lambda: bombs.png_of_chunks(_MANY)),
    many_pieces("png of 32 MB of exif", lambda: png(CORNERS, 8, 2, chunk(b"eXIf", bombs.exif_of_numbers(274, _MANY)))),
    many_pieces("webp of 32 MB of exif", lambda: saved(CORNERS, "WEBP", exif=bombs.exif_of_numbers(274, _MANY))),
    Hostile("jpeg of 200 scans", lambda: bombs.jpeg_of_scans(200, (80, 64)), expected="a JPEG of at most 100 scans"),
    Hostile(
        "bmp of runs of one pixel",
        lambda: bombs.rle_bmp(4000, 4000),
        expected="a BMP without compression",
        is_vast=True,
    ),
    damaged("dicom of millions of elements", "DICOM", lambda: bombs.dicom_of_elements(_MANY), is_vast=True),
    damaged("dicom of nested sequences", "DICOM", lambda: bombs.dicom_of_elements(100_000, nested=True)),
    Hostile(
        "tiff of 50,000 pages",
        lambda: tiff(CORNERS, pages=50_000),
        (64, 80),
        ("Only frame 1 of at least 100 is analysed.",),
    ),
)

# As much as is read. What they cost is measured by benchmarks/hostile.py.
_STRIP, _WEBP = (625_000, 64), (7500, 4000)
_FLOATS = "Pixel values from 0 to 1 scaled to 8 bits."
_LARGEST = (
    vast("jpeg of 40 megapixels in 100 scans", lambda: bombs.jpeg_of_scans(100, bombs.LARGEST)),
    vast("cmyk jpeg of 40 megapixels", lambda: bombs.blank("CMYK", "JPEG"), "Print colours (CMYK) converted to RGB."),
    vast("transparent png of 40 megapixels, 16 bits", lambda: bombs.blank_png(16, 6, 4), DEEP, ON_WHITE),
    vast("png of 40 megapixels with a profile", lambda: bombs.blank_png(8, 2, 3, bombs.foreign_profile())),
    vast("strip of 625,000 px", lambda: bombs.blank_png(8, 2, 3, size=_STRIP), size=_STRIP),
    vast(
        "webp of 30 megapixels",
        lambda: bombs.blank("RGB", "WEBP", _WEBP, lossless=True, method=0, quality=0),
        size=_WEBP,
    ),
    vast(
        "tiff of 40 million floats", lambda: bombs.blank_tiff("f4"), "Pixel values from 0 to 1 scaled to 8 bits.", GREY
    ),
    vast("tiff of 40 megapixels in Lab", lambda: bombs.blank_tiff("u1", 3, 8), "LAB colours converted to RGB."),
    vast("dicom of 40 megapixels as jpeg", lambda: jpeg_dicom([bombs.blank("RGB", "JPEG")], 5000, 8000)),
)

# --- damaged

_NOISE = np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8)


def _whole(kind: str) -> bytes:
    if kind == "HEIC":
        return heic(_NOISE)
    return dicom(_NOISE) if kind == "DICOM" else saved(_NOISE, kind)


def _cut(kind: str, quarters: int) -> Hostile:
    return damaged(
        f"{kind} cut at {quarters} quarters", kind, lambda: (data := _whole(kind))[: len(data) * quarters // 4]
    )


_KINDS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "HEIC", "DICOM")
_DAMAGED = (
    *(_cut(kind, quarters) for kind in _KINDS for quarters in (1, 2, 3)),
    foreign("zero bytes", "an empty file", b""),
    foreign("one byte", "a file of an unknown kind", b"\xff"),
    foreign("a million zeros", "a file of an unknown kind", bytes(1_000_000)),
    damaged("png signature alone", "PNG", lambda: b"\x89PNG\r\n\x1a\n"),
    damaged("text that starts as a bmp", "BMP", lambda: b"BMW drivers and their moles"),
    damaged("text that starts as a tiff", "TIFF", lambda: b"II*\0" + b"text" * 100),
    damaged("bigtiff whose page lies beyond the end of the world", "TIFF", lambda: b"II+\0\x08\0\0\0" + b"\xff" * 8),
    damaged("tiff of nan", "TIFF", lambda: b"MM\0*\0\0\0\x08"),
)

# --- odd, but pictures


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def _turned(orientation: int) -> Hostile:
    shape = (64, 80) if orientation < 5 else (80, 64)
    notes = () if orientation == 1 else (TURNED,)
    return fine(
        f"exif orientation {orientation}", lambda: saved(CORNERS, "JPEG", exif=_exif(orientation)), *notes, shape=shape
    )


def _gps() -> bytes:
    exif = _exif(1)
    exif[0x010E] = SECRET
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 12.0, 29.52), 3: "E", 4: (16.0, 22.0, 25.68), 29: SECRET})
    return saved(CORNERS, "JPEG", exif=exif, comment=SECRET.encode())


def _with_exif(exif: bytes) -> bytes:
    photo = saved(CORNERS, "JPEG")
    return photo[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + photo[2:]


def _nan(value: float) -> bytes:
    pixels = np.zeros((64, 64), np.float32)
    pixels[3, 5] = value
    return tiff(pixels)


def _of(*colour: int) -> bytes:
    return saved(np.full((70, 90, 3), colour, np.uint8), "PNG")


def _others() -> list[Image.Image]:
    """Made anew each time: a format that writes a picture leaves its settings on it."""
    return [Image.fromarray(CORNERS[::-1]), Image.fromarray(CORNERS[:, ::-1])]


_RGB = Image.fromarray(CORNERS)
_THREE = "Only frame 1 of 3 is analysed."
_NUMBERS = "a number in every pixel"
_SEEN_THROUGH = np.dstack([CORNERS, np.full((64, 80), 99, np.uint8)])
_ODD = (
    Hostile("1 × 1", lambda: saved(CORNERS[:1, :1], "PNG"), expected=SIDE, got="1 × 1"),
    Hostile("1 × 5000", lambda: saved(np.zeros((5000, 1, 3), np.uint8), "PNG"), expected=SIDE, got="1 × 5000"),
    Hostile("5000 × 1", lambda: saved(np.zeros((1, 5000, 3), np.uint8), "JPEG"), expected=SIDE, got="5000 × 1"),
    Hostile("not a number in a tiff", lambda: _nan(np.nan), expected=_NUMBERS, got="1 of 4096 pixels"),
    Hostile("infinity in a tiff", lambda: _nan(-np.inf), expected=_NUMBERS, got="1 of 4096 pixels"),
    fine("16-bit grey png", lambda: png(RAMP, 16, 0), DEEP, GREY, shape=RAMP.shape),
    fine("16-bit colour png", lambda: png(np.dstack([RAMP] * 3), 16, 2), DEEP, shape=RAMP.shape),
    fine("16-bit tiff", lambda: tiff(RAMP, ">"), DEEP, GREY, shape=RAMP.shape),
    fine("cmyk jpeg", lambda: saved(_RGB.convert("CMYK"), "JPEG"), "Print colours (CMYK) converted to RGB."),
    fine("palette", lambda: saved(_RGB.quantize(16), "PNG"), "Palette converted to RGB."),
    fine("one bit", lambda: saved(_RGB.convert("1"), "PNG"), "Black and white (1 bit per pixel) converted to RGB."),
    fine("transparency", lambda: saved(_SEEN_THROUGH, "PNG"), ON_WHITE),
    fine("animated png", lambda: saved(CORNERS, "PNG", save_all=True, append_images=_others()), _THREE),
    fine("animated webp", lambda: saved(CORNERS, "WEBP", save_all=True, append_images=_others()), _THREE),
    fine("tiff of three pages", lambda: saved(CORNERS, "TIFF", save_all=True, append_images=_others()), _THREE),
    fine("tiff whose second page is the first", lambda: _endless(tiff(CORNERS))),
    fine("photo with a film behind it", lambda: saved(CORNERS, "MPO", save_all=True, append_images=_others()), _THREE),
    fine("dicom of a patient", lambda: dicom(CORNERS, **PATIENT)),
    Hostile(
        "dicom with writing in it",
        lambda: dicom(CORNERS, BurnedInAnnotation="YES"),
        expected="a picture without writing in it",
    ),
    *map(_turned, range(1, 9)),
    fine("exif orientation 9", lambda: saved(CORNERS, "JPEG", exif=_exif(9))),
    fine("where it was taken", _gps),
    fine("exif of rubbish", lambda: _with_exif(b"Exif\0\0rubbish")),
    fine("exif that points beyond its end", lambda: _with_exif(b"Exif\0\0II*\0\xff\xff\xff\xff")),
    fine("a profile of rubbish", lambda: saved(CORNERS, "PNG", icc_profile=b"rubbish"), NO_PROFILE),
    fine("a profile cut short", lambda: saved(CORNERS, "JPEG", icc_profile=profile()[:200]), NO_PROFILE),
    fine("black", lambda: _of(0, 0, 0), shape=(70, 90)),
    fine("white", lambda: _of(255, 255, 255), shape=(70, 90)),
    fine("one colour", lambda: _of(200, 140, 110), shape=(70, 90)),
)


def _endless(page: bytes) -> bytes:
    """A TIFF of one page whose next page is itself."""
    return page[:-4] + page[4:8]


# --- something else by another name, or also

_SCRIPT = b"<script>alert(1)</script>"
_PHOTO = saved(CORNERS, "JPEG")
_ZIP = b"PK\x03\x04\x14\0" + bytes(22) + b"PK\x05\x06" + bytes(18)
_XML = b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"
_NAMED_JPG = (
    foreign("svg named jpg", "an SVG drawing", b"<svg xmlns='http://www.w3.org/2000/svg'>" + _SCRIPT + b"</svg>"),
    foreign("html named jpg", "a web page", b"<!DOCTYPE html><html>" + _SCRIPT + b"</html>"),
    foreign("eps named jpg", "a PostScript (EPS) file", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(id) run\n"),
    foreign("zip named jpg", "a ZIP archive", _ZIP),
    foreign("pdf named jpg", "a PDF document", b"%PDF-1.7\n1 0 obj<</OpenAction 2 0 R>>endobj\n"),
    foreign("gif named jpg", "a GIF picture", saved(CORNERS, "GIF")),
    foreign("gif that is a script", "a GIF picture", b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)"),
    foreign(
        "xml that asks for a file",
        "an XML document",
        b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
    ),
    foreign("program", "a file of an unknown kind", b"\x7fELF\x02\x01\x01" + bytes(100)),
    foreign("pickle", "a file of an unknown kind", b"\x80\x04cos\nsystem\n(S'true'\ntR."),
    foreign("template", "a file of an unknown kind", b"{{ 7 * 7 }} ${jndi:ldap://localhost/a}"),
    foreign("zip with a photo in front of its list", "a ZIP archive", _ZIP[:28] + _PHOTO + _ZIP[28:]),
    fine("photo that is a zip too", lambda: _PHOTO + _ZIP),
    fine("photo with a web page behind it", lambda: _PHOTO + b"<html>" + _SCRIPT),
    fine(
        "photo with a script as its comment",
        lambda: saved(CORNERS, "JPEG", comment=b"<?php system('id'); ?>" + _SCRIPT),
    ),
    fine("png with a web page as its text", lambda: png(CORNERS, 8, 2, chunk(b"tEXt", b"Title\0" + _SCRIPT))),
)

# --- file names

NAMES = {
    "../../../etc/passwd": "passwd",
    "C:\\pictures\\arm.jpg": "arm.jpg",
    "/dev/stdin": "stdin",
    "\x1b[31mred\x07.png": "[31mred.png",
    "nul\x00byte.png": "nulbyte.png",
    "a" * 300 + ".png": "a" * 30 + "…" + "a" * 26 + ".png",
    "photo\u202egnp.exe": "photognp.exe",
    "<img src=x onerror=alert(1)>.png": "<img src=x onerror=alert(1)>.png",
    "[link](javascript:alert(1)).png": "[link](javascript:alert(1)).png",
    ":material/delete: :red[x] $x^2$.png": "delete: :red[x] $x^2$.png",
    "": "unnamed",
}


def _named(number: int, file_name: str) -> Hostile:
    size = (64, 68 + number)
    return Hostile(f"file name {number}", lambda: saved(CORNERS[:, : size[1]], "PNG"), size, file_name=file_name)


_NAMED = tuple(_named(number, name) for number, name in enumerate(NAMES))

CORPUS = (*_BY_HEADER, *_BY_DATA, *_LARGEST, *_DAMAGED, *_ODD, *_NAMED_JPG, *_NAMED)
