"""Which files a picture may come in, and what has to be installed for some of them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from itertools import chain


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of picture file.

    Attributes:
        name: as people know it.
        suffixes: of its files' names, in small letters.
        module: the package that reads it, where that is an extra.
        requirements: the file that lists that package for pip.
    """

    name: str
    suffixes: tuple[str, ...]
    module: str = ""
    requirements: str = ""

    @property
    def is_readable(self) -> bool:
        """Whether what reads it is installed."""
        return not self.module or find_spec(self.module) is not None


HEIC = Format("HEIC", (".heic", ".heif"), "pillow_heif", "requirements-heic.txt")
DICOM = Format("DICOM", (".dcm",), "pydicom", "requirements-dicom.txt")
FORMATS = (
    Format("JPEG", (".jpg", ".jpeg")),
    Format("PNG", (".png",)),
    Format("WebP", (".webp",)),
    Format("TIFF", (".tif", ".tiff")),
    Format("BMP", (".bmp",)),
    HEIC,
    DICOM,
)
SUFFIXES = tuple(chain.from_iterable(each.suffixes for each in FORMATS))


def in_words() -> str:
    """Those that can be read here: "JPEG, PNG, WebP, TIFF or BMP", and more with the extras."""
    *names, last = (each.name for each in FORMATS if each.is_readable)
    return f"{', '.join(names)} or {last}"
