"""JPEG, PNG, WebP, TIFF and BMP, which Pillow reads.

Pillow is allowed to try the one format that the first bytes tell, and no other. (With all its formats allowed, it
starts Ghostscript for an EPS file, whatever its name.)
"""

from __future__ import annotations

from io import BytesIO

from PIL import ExifTags, Image
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from skinvision.errors import ImageRejected
from skinvision.intake.colour import Decoded, Stored
from skinvision.intake.kinds import accepted
from skinvision.intake.limits import DAMAGE, MAX_PIXELS, MAX_PIXELS_WEBP, check_size, only_frame
from skinvision.intake.pieces import MAX_PAGES_COUNTED, check_pieces, count_pages

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
    check_pieces(data, kind)
    frames = count_pages(data) if kind == "TIFF" else 0
    with Image.open(BytesIO(data), formats=(kind,)) as picture:
        check_size(*picture.size, MAX_PIXELS_WEBP if kind == "WEBP" else MAX_PIXELS)
        _check_layout(picture)
        stored = Stored.by(picture)  # first: Pillow loads a PNG to find its EXIF
        frames = frames or int(getattr(picture, "n_frames", 1))
        turn = _TURNS.get(_orientation(picture))
        picture.load()
    # Pillow turns a TIFF while it loads it.
    upright = picture if turn is None or kind == "TIFF" else picture.transpose(turn)
    turned = () if turn is None else ("Turned upright as its EXIF orientation says.",)
    at_least = "at least " if kind == "TIFF" and frames == MAX_PAGES_COUNTED else ""
    return Decoded(upright, stored, (*only_frame(1, frames, at_least), *turned))


def _check_layout(picture: ImageFile) -> None:
    if isinstance(picture, TiffImageFile):
        _check_tiff(picture)
    if any(tile.codec_name == "bmp_rle" for tile in picture.tile):  # a loop in Python: half a minute for 40 MB
        raise ImageRejected("a BMP without compression", "one with compression", "save it as PNG")


def _check_tiff(picture: TiffImageFile) -> None:
    """Refuse what Pillow 13 would read without a word: previews, missing strips, layouts it takes for others."""
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


def _orientation(picture: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where EXIF is missing or unreadable, which is no reason to refuse a picture."""
    try:
        return int(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except DAMAGE:
        return 1
