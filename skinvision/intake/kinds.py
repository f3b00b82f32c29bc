"""Which kind of file this is, told by its first bytes. A file name says nothing."""

from __future__ import annotations

from dataclasses import dataclass

from skinvision import formats
from skinvision.errors import ImageRejected
from skinvision.formats import DICOM, HEIC, Format

_EXPORT = "export it as JPEG or PNG and upload that"
_DEVELOP = "export it as JPEG with the camera's or a photo program and upload that"
_UNPACK = "unpack it and upload the pictures themselves"


@dataclass(frozen=True, slots=True)
class _Magic:
    """A kind is known by the bytes ``magic`` at ``offset``; a foreign kind comes with advice."""

    offset: int
    magic: bytes
    name: str
    remedy: str = _EXPORT

    def fits(self, head: bytes) -> bool:
        return head.startswith(self.magic, self.offset)


_PICTURES = (
    _Magic(0, b"\xff\xd8\xff", "JPEG"),
    _Magic(0, b"\x89PNG\r\n\x1a\n", "PNG"),
    _Magic(8, b"WEBP", "WEBP"),
    _Magic(0, b"II\x2a\x00", "TIFF"),
    _Magic(0, b"MM\x00\x2a", "TIFF"),
    _Magic(0, b"II\x2b\x00", "TIFF"),
    _Magic(0, b"MM\x00\x2b", "TIFF"),
    _Magic(0, b"BM", "BMP"),
)

# Formats that an extra reads, and what they are called where it is missing
_VIEWER = "export the picture as JPEG or PNG with a DICOM viewer, without patient data"
_EXTRAS = (
    *((HEIC, _Magic(4, b"ftyp" + brand, "a HEIC photo", _DEVELOP)) for brand in (b"hei", b"hev", b"mif1", b"msf1")),
    (DICOM, _Magic(128, b"DICM", "a DICOM file", _VIEWER)),
)

# The first that fits counts, so the general ("ftyp", "<") stand below the special.
_FOREIGN = (
    _Magic(4, b"ftypavi", "an AVIF picture"),
    _Magic(4, b"ftypcrx", "a camera's raw file", _DEVELOP),
    _Magic(4, b"ftyp", "a video", "take a still picture from it as JPEG or PNG and upload that"),
    _Magic(8, b"CR\x02\x00", "a camera's raw file", _DEVELOP),
    _Magic(0, b"IIU\x00", "a camera's raw file", _DEVELOP),
    _Magic(0, b"IIRO", "a camera's raw file", _DEVELOP),
    _Magic(0, b"FUJIFILMCCD-RAW", "a camera's raw file", _DEVELOP),
    _Magic(0, b"GIF8", "a GIF picture"),
    _Magic(0, b"%!", "a PostScript (EPS) file"),
    _Magic(0, b"\xc5\xd0\xd3\xc6", "a PostScript (EPS) file"),
    _Magic(0, b"%PDF-", "a PDF document"),
    _Magic(0, b"8BPS", "a Photoshop document"),
    _Magic(4, b"jP  ", "a JPEG 2000 picture"),
    _Magic(0, b"\xff\x0a", "a JPEG XL picture"),
    _Magic(4, b"JXL ", "a JPEG XL picture"),
    _Magic(0, b"\x00\x00\x01\x00", "an icon"),
    _Magic(0, b"PK\x03\x04", "a ZIP archive", _UNPACK),
    _Magic(0, b"PK\x05\x06", "an empty ZIP archive", "upload the pictures themselves"),
    _Magic(0, b"\x1f\x8b", "a gzip archive", _UNPACK),
    _Magic(0, b"7z\xbc\xaf", "a 7z archive", _UNPACK),
    _Magic(0, b"Rar!", "a RAR archive", _UNPACK),
)

_MARKUP = (
    (b"<svg", "an SVG drawing", _EXPORT),
    (b"<html", "a web page", "save the picture itself, not the page around it, and upload that"),
    (b"<!doctype html", "a web page", "save the picture itself, not the page around it, and upload that"),
    (b"<?xml", "an XML document", "upload the picture itself"),
)


def accepted() -> str:
    """What would have been right, in words."""
    return f"a {formats.in_words()} picture"


def picture_format(data: bytes) -> str:
    """The format: Pillow's name of it (``"JPEG"``, ``"PNG"``, ``"WEBP"``, ``"TIFF"``, ``"BMP"``), or that of an extra.

    Raises:
        ImageRejected: another kind of file, named where it is a common one, or an extra that is not installed.
    """
    if not data:
        remedy = "check that the file was copied completely, then upload it again"
        raise ImageRejected(accepted(), "an empty file", remedy)
    for extra, kind in _EXTRAS:
        if kind.fits(data):
            return _readable(extra, kind)
    foreign = _foreign(data)
    if foreign is not None:
        raise ImageRejected(accepted(), foreign.name, foreign.remedy)
    for kind in _PICTURES:
        if kind.fits(data):
            return kind.name
    raise ImageRejected(accepted(), "a file of an unknown kind", "export the picture as JPEG or PNG and upload that")


def _readable(extra: Format, kind: _Magic) -> str:
    if extra.is_readable:
        return extra.name
    remedy = f"have what reads it installed (pip install -r {extra.requirements}), or {kind.remedy}"
    raise ImageRejected(accepted(), kind.name, remedy)


def _foreign(data: bytes) -> _Magic | None:
    known = next((kind for kind in _FOREIGN if kind.fits(data)), None)
    if known is not None:
        return known
    text = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not text.startswith(b"<"):
        return None
    return next((_Magic(0, tag, name, remedy) for tag, name, remedy in _MARKUP if tag in text), None)
