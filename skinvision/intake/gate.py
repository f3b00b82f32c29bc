"""Foreign bytes become a ``Case`` here or nowhere.

No outside program can start: the format is told from the bytes, only the five accepted ones reach Pillow, and Pillow is
allowed to try that one format alone. (With all its formats allowed, Pillow starts Ghostscript for an EPS file, whatever
its name.) Sizes are checked from the header, before a pixel is decoded.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from contextlib import suppress
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from skinvision.errors import ImageRejected
from skinvision.intake.colour import Stored, to_srgb
from skinvision.intake.kinds import ACCEPTED, picture_format
from skinvision.intake.quality import quality_codes
from skinvision.types import Case

MAX_PIXELS = 40_000_000
MIN_SIDE_PX = 64
# A progressive JPEG has about 10 scans. Each costs a pass over the whole picture, however few bytes it has.
MAX_SCANS = 100
MAX_PAGES_COUNTED = 100

# Markers of JPEG other than stuffed zeros, restarts and padding; those of the end and of a scan
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")
_END, _SCAN = 0xD9, 0xDA

# Tags of TIFF 6.0
_NEW_SUBFILE_TYPE, _BITS, _PLANES, _TILE_WIDTH, _TILE_HEIGHT = 254, 258, 284, 322, 323

# All that Pillow was seen to raise, or may raise by its source, on damaged files.
_DAMAGE = (
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
_TOO_LARGE = (Image.DecompressionBombError, Image.DecompressionBombWarning)

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read_case(data: bytes) -> Case:
    """The picture in ``data``, upright, as 8-bit sRGB, without its metadata. Safe to call from many threads.

    Of an animation or a multipage TIFF the first frame is taken, with a note: phones write their ordinary photos as
    JPEGs of several frames, so refusing them would refuse good pictures.

    Raises:
        ImageRejected: not a JPEG, PNG, WebP, TIFF or BMP; damaged; over 40 megapixels; under 64 px on the short side;
            or with pixel values that are not numbers. No other exception leaves, whatever the bytes.
    """
    kind = picture_format(data)
    try:
        image, notes = _decoded(data, kind)
    except _TOO_LARGE as error:
        raise _too_large("more than twice that") from error
    except _DAMAGE as error:
        remedy = "copy it again from where it came, or export it anew as JPEG or PNG"
        raise ImageRejected(ACCEPTED, f"a {kind} file that is damaged, incomplete or unusual", remedy) from error
    return Case(image, hashlib.sha256(data).hexdigest(), notes, quality_codes(image))


def _decoded(data: bytes, kind: str) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """The pixels (H, W, 3) uint8 sRGB, and notes about what was changed."""
    if kind == "JPEG" and _scans(data) > MAX_SCANS:
        raise ImageRejected(f"a JPEG of at most {MAX_SCANS} scans", "more", "export it anew as JPEG or PNG")
    with Image.open(BytesIO(data), formats=(kind,)) as picture:
        _check_size(picture)
        _check_tiff(picture)
        stored = Stored.by(picture)  # first: Pillow loads a PNG to find its EXIF
        frames = _frames(picture, data)
        turn = _TURNS.get(_orientation(picture))
        picture.load()
        # Pillow turns a TIFF while it loads it.
        upright = picture if turn is None or kind == "TIFF" else picture.transpose(turn)
        srgb, notes = to_srgb(upright, stored)
    if turn is not None:
        notes.insert(0, "Turned upright as its EXIF orientation says.")
    if frames:
        notes.insert(0, frames)
    return np.asarray(srgb), tuple(notes)


def _scans(data: bytes) -> int:
    """Scans of the first picture in a JPEG (ITU T.81, annex B); a phone may have put a film behind it."""
    count, place = 0, 2
    while marker := _MARKER.search(data, place):
        kind = marker[0][1]
        if kind == _END:
            break
        count += kind == _SCAN
        length = int.from_bytes(data[marker.end() : marker.end() + 2])
        place = marker.end() + max(length, 2)
    return count


def _check_size(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise _too_large(f"{width} × {height} px, {width * height / 1e6:.0f} megapixels")
    if min(width, height) < MIN_SIDE_PX:
        expected = f"at least {MIN_SIDE_PX} px on the short side"
        raise ImageRejected(expected, f"{width} × {height}", "upload a larger or closer photo")


def _too_large(got: str) -> ImageRejected:
    expected = f"at most {MAX_PIXELS // 1_000_000} megapixels"
    return ImageRejected(expected, got, "make the picture smaller, 4000 px wide for instance, and upload that")


def _check_tiff(picture: ImageFile) -> None:
    """Refuse what Pillow 13 would read without a word: previews, missing strips, layouts it takes for others."""
    if not isinstance(picture, TiffImageFile):
        return
    tags, last = picture.tag_v2, picture.tile[-1]
    if int(tags.get(_NEW_SUBFILE_TYPE, 0)) & 1:
        remedy = "export it as JPEG with the camera's or a photo program and upload that"
        raise ImageRejected(ACCEPTED, "a camera's raw file or another TIFF that starts with a preview", remedy)
    compressed = last.codec_name == "libtiff"
    deep_planes = not compressed and tags.get(_PLANES) == 2 and max(tags.get(_BITS, (1,))) > 8
    swapped = compressed and tags.prefix == b"MM" and picture.mode in ("I", "F")
    vast_tiles = tags.get(_TILE_WIDTH, 0) * tags.get(_TILE_HEIGHT, 0) > MAX_PIXELS
    incomplete = sorted((last.extents or ())[2:]) != sorted(picture.size)  # either way up
    if deep_planes or swapped or vast_tiles or incomplete:
        raise ImageRejected("a TIFF in a common layout", "one that stores its pixels unusually", "save it as PNG")


def _frames(picture: ImageFile, data: bytes) -> str:
    """A note where the file holds more than one frame."""
    count = _pages(data) if picture.format == "TIFF" else int(getattr(picture, "n_frames", 1))
    at_least = "at least " if picture.format == "TIFF" and count == MAX_PAGES_COUNTED else ""
    return f"Only frame 1 of {at_least}{count} is analysed." if count > 1 else ""


def _pages(data: bytes) -> int:
    """Pages of a TIFF, counted up to a limit and until the first damaged one.

    Pillow's own count takes quadratic time, and a small file can hold a million pages. The file is opened again for it,
    since Pillow keeps the profile of the last page that it looked at.
    """
    count = 1
    with Image.open(BytesIO(data), formats=("TIFF",)) as pages, suppress(*_DAMAGE):
        while count < MAX_PAGES_COUNTED:
            pages.seek(count)
            count += 1
    return count


def _orientation(picture: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where EXIF is missing or unreadable, which is no reason to refuse a picture."""
    try:
        return int(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except _DAMAGE:
        return 1
