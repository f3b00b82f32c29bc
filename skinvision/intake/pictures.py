"""JPEG, PNG, WebP, TIFF and BMP, which Pillow reads.

Pillow is allowed to try the one format that the first bytes tell, and no other. (With all its formats allowed, it
starts Ghostscript for an EPS file, whatever its name.)
"""

from __future__ import annotations

import re
from contextlib import suppress
from io import BytesIO

from PIL import ExifTags, Image
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from skinvision.errors import ImageRejected
from skinvision.intake.colour import Stored
from skinvision.intake.kinds import accepted
from skinvision.intake.limits import DAMAGE, MAX_PIXELS, Decoded, check_size, only_frame

# A progressive JPEG has about 10 scans. Each costs a pass over the whole picture, however few bytes it has.
MAX_SCANS = 100
MAX_PAGES_COUNTED = 100

# Markers of JPEG other than stuffed zeros, restarts and padding; those of the end and of a scan
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")
_END, _SCAN = 0xD9, 0xDA

# Tags of TIFF 6.0
_NEW_SUBFILE_TYPE, _BITS, _PLANES, _TILE_WIDTH, _TILE_HEIGHT = 254, 258, 284, 322, 323

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read(data: bytes, kind: str) -> Decoded:
    """The picture in ``data``; ``kind`` is Pillow's name of its format.

    Of an animation or a multipage TIFF the first frame is taken, with a note: phones write their ordinary photos as
    JPEGs of several frames, so refusing them would refuse good pictures.

    Raises:
        ImageRejected, or any of ``DAMAGE``.
    """
    if kind == "JPEG":
        check_scans(data)
    with Image.open(BytesIO(data), formats=(kind,)) as picture:
        check_size(*picture.size)
        _check_tiff(picture)
        stored = Stored.by(picture)  # first: Pillow loads a PNG to find its EXIF
        frames = _frames(picture, data)
        turn = _TURNS.get(_orientation(picture))
        picture.load()
    # Pillow turns a TIFF while it loads it.
    upright = picture if turn is None or kind == "TIFF" else picture.transpose(turn)
    turned = () if turn is None else ("Turned upright as its EXIF orientation says.",)
    return Decoded(upright, stored, (*frames, *turned))


def check_scans(data: bytes) -> None:
    """Refuse a JPEG that keeps a decoder busy."""
    if _scans(data) > MAX_SCANS:
        raise ImageRejected(f"a JPEG of at most {MAX_SCANS} scans", "more", "export it anew as JPEG or PNG")


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


def _check_tiff(picture: ImageFile) -> None:
    """Refuse what Pillow 13 would read without a word: previews, missing strips, layouts it takes for others."""
    if not isinstance(picture, TiffImageFile):
        return
    tags, last = picture.tag_v2, picture.tile[-1]
    if int(tags.get(_NEW_SUBFILE_TYPE, 0)) & 1:
        remedy = "export it as JPEG with the camera's or a photo program and upload that"
        raise ImageRejected(accepted(), "a camera's raw file or another TIFF that starts with a preview", remedy)
    compressed = last.codec_name == "libtiff"
    deep_planes = not compressed and tags.get(_PLANES) == 2 and max(tags.get(_BITS, (1,))) > 8
    swapped = compressed and tags.prefix == b"MM" and picture.mode in ("I", "F")
    vast_tiles = tags.get(_TILE_WIDTH, 0) * tags.get(_TILE_HEIGHT, 0) > MAX_PIXELS
    incomplete = sorted((last.extents or ())[2:]) != sorted(picture.size)  # either way up
    if deep_planes or swapped or vast_tiles or incomplete:
        raise ImageRejected("a TIFF in a common layout", "one that stores its pixels unusually", "save it as PNG")


def _frames(picture: ImageFile, data: bytes) -> tuple[str, ...]:
    """A note where the file holds more than one frame."""
    count = _pages(data) if picture.format == "TIFF" else int(getattr(picture, "n_frames", 1))
    at_least = "at least " if picture.format == "TIFF" and count == MAX_PAGES_COUNTED else ""
    return only_frame(1, count, at_least)


def _pages(data: bytes) -> int:
    """Pages of a TIFF, counted up to a limit and until the first damaged one.

    Pillow's own count takes quadratic time, and a small file can hold a million pages. The file is opened again for it,
    since Pillow keeps the profile of the last page that it looked at.
    """
    count = 1
    with Image.open(BytesIO(data), formats=("TIFF",)) as pages, suppress(*DAMAGE):
        while count < MAX_PAGES_COUNTED:
            pages.seek(count)
            count += 1
    return count


def _orientation(picture: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where EXIF is missing or unreadable, which is no reason to refuse a picture."""
    try:
        return int(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except DAMAGE:
        return 1
