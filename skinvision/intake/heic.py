"""HEIC, as phones write it, which pillow-heif reads. It is an extra, and is used without a word to Pillow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from skinvision.intake.colour import Decoded, Stored
from skinvision.intake.limits import check_size, only_frame

if TYPE_CHECKING:
    from pillow_heif import HeifFile

# Colour primaries of ITU-T H.273 that are wider than sRGB's: BT.2020, DCI-P3, Display P3
_WIDE = (9, 11, 12)


def read(data: bytes) -> Decoded:
    """The main picture of a HEIC file.

    It comes upright: its turns and mirrors are part of the format, and libheif carries them out. The EXIF orientation
    beside them says the same once more and must not be followed. A file that lies about its size ends in an error,
    because libheif decodes no more pixels than the header has promised.

    Raises:
        ImageRejected, or any of ``DAMAGE``.
    """
    from pillow_heif import open_heif

    file = open_heif(data)
    check_size(*file.size)
    notes = only_frame(file.primary_index + 1, len(file))
    pixels = file.data  # decodes
    picture = Image.frombytes(file.mode, file.size, pixels, "raw", file.mode, file.stride)
    if "icc_profile" in file.info:
        picture.info["icc_profile"] = file.info["icc_profile"]
    return Decoded(picture, Stored(16 if file.mode.startswith("I;16") else 8, False), (*notes, *_ignored_profile(file)))


def _ignored_profile(file: HeifFile) -> tuple[str, ...]:
    """A note where colours are described by numbers (nclx) that nothing here converts."""
    wide = file.info.get("nclx_profile", {}).get("color_primaries") in _WIDE and "icc_profile" not in file.info
    return ("Its wide colours were taken for sRGB, so they look paler than they are.",) if wide else ()
