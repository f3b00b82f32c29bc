"""The letters that pictures to download are written in: DejaVu Sans, which comes with matplotlib."""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PIL import ImageFont

_MISSING = "\uffff"  # no font has it


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Latin, Greek, Cyrillic and more, ``size`` px tall."""
    places = find_spec("matplotlib").submodule_search_locations  # type: ignore[union-attr]  # to import it takes time
    return ImageFont.truetype(Path(next(iter(places or ()))) / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf", size)


def drawable(text: str) -> str:
    """``text`` with "?" for letters that the font lacks, and plain spaces between words."""
    lines = unicodedata.normalize("NFC", text).split("\n")
    return "\n".join("".join(map(_drawn, line)) for line in lines)


def is_readable(text: str) -> bool:
    """Whether the font has a letter or a digit of ``text``."""
    return any(letter.isalnum() and _has(letter) for letter in text)


def _drawn(letter: str) -> str:
    if letter.isspace():
        return " "
    return letter if _has(letter) else "?"


@cache
def _has(letter: str) -> bool:
    mask, none = (font(24).getmask(each) for each in (letter, _MISSING))
    return mask.size != none.size or bytes(mask) != bytes(none)
