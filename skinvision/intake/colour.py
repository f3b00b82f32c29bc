"""A decoded picture of any mode and depth becomes 8-bit sRGB, with a note for each thing that changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from skinvision.errors import ImageRejected

# Pixels of an sRGB-like profile move by rounding alone.
SAME_LEVELS = 3
_AT_ONCE = 1_000_000  # pixels

_MODE_NOTES = {
    "1": "Black and white (1 bit per pixel) converted to RGB.",
    "L": "Greyscale converted to RGB; colours are missing.",
    "LA": "Greyscale converted to RGB; colours are missing.",
    "La": "Greyscale converted to RGB; colours are missing.",
    "P": "Palette converted to RGB.",
    "PA": "Palette converted to RGB.",
    "CMYK": "Print colours (CMYK) converted to RGB.",
    "LAB": "LAB colours converted to RGB.",
}
_GREYS = ("1", "L", "LA")


@dataclass(frozen=True, slots=True)
class Stored:
    """How a file stores its pixels; known only before loading.

    Attributes:
        bits: per channel: 16, 12, or 8 for everything that Pillow brings to 8 bits (or to floats) itself.
        white_is_zero: a TIFF that says so; Pillow inverts it where it has at most 8 bits.
        is_grey: with transparency and 16 bits, which Pillow makes colours of itself.
    """

    bits: int
    white_is_zero: bool
    is_grey: bool = False

    @classmethod
    def by(cls, picture: ImageFile) -> Stored:
        """How the file behind ``picture``, which is not loaded yet, stores its pixels."""
        args = picture.tile[0].args if picture.tile else ""
        rawmode = str(args[0]) if isinstance(args, tuple) else str(args)  # such as "RGB;16B"
        depth = re.search(r";(12|16)", rawmode) if picture.format in ("PNG", "TIFF") else None
        tags = picture.tag_v2 if isinstance(picture, TiffImageFile) else {}
        bits, white_is_zero = int(depth[1]) if depth else 8, tags.get(262) == 0  # PhotometricInterpretation
        return cls(bits, white_is_zero, rawmode.startswith("LA;16"))


@dataclass(frozen=True, slots=True)
class Decoded:
    """What the reader of a format gives.

    Attributes:
        picture: loaded and upright; colour profile and transparent colour, where there are some, in its ``info``.
        stored: how the file stores its pixels.
        notes: sentences about what was changed so far.
    """

    picture: Image.Image
    stored: Stored
    notes: tuple[str, ...]


def to_srgb(found: Decoded) -> tuple[Image.Image, tuple[str, ...]]:
    """The picture as mode RGB in sRGB, and notes for a person.

    Raises:
        ImageRejected: pixel values that are NaN or infinite.
    """
    notes = list(found.notes)
    shallow = _to_8_bits(found.picture, found.stored, notes)
    mode = "LA" if found.stored.is_grey else shallow.mode
    if mode in _MODE_NOTES:
        notes.append(_MODE_NOTES[mode])
    colour, alpha = _split(shallow)
    rgb = _through_profile(colour, found.picture.info.get("icc_profile"), notes)
    if alpha is not None and alpha.getextrema() != (255, 255):
        white = Image.new("RGB", rgb.size, "white")
        white.paste(rgb, None, alpha)
        rgb = white
        notes.append("Transparent parts laid on white.")
    return rgb, tuple(notes)


def _to_8_bits(picture: Image.Image, stored: Stored, notes: list[str]) -> Image.Image:
    """Deeper pixels scaled to 8 bits.

    16 bits become 8 by their high byte, which gives back an 8-bit picture exactly whether it had been made 16-bit by
    × 256 or by × 257. Pillow does that itself for colour, but clips grey.
    """
    if picture.mode in ("I", "F"):
        values, scale = _spread(np.asarray(picture))
        notes.append(f"Pixel values {scale} scaled to 8 bits.")
        return Image.fromarray(255 - values if stored.white_is_zero else values)
    if stored.bits == 8:
        return picture
    notes.append(f"{stored.bits} bits per channel scaled to 8.")
    if not picture.mode.startswith("I;16"):
        return _with_shallow_key(picture, picture)
    values = (np.asarray(picture) >> (stored.bits - 8)).astype(np.uint8)
    return _with_shallow_key(Image.fromarray(255 - values if stored.white_is_zero else values), picture)


def _spread(values: NDArray[Any]) -> tuple[NDArray[np.uint8], str]:
    """``values`` (H, W), floats or 32-bit integers, over 0 … 255, and the range that was taken for black to white.

    That is the first of the usual ranges that holds them all, or else from the smallest to the largest value.
    """
    strange = int(np.count_nonzero(~np.isfinite(values)))
    if strange:
        got = f"{strange} of {values.size} pixels NaN or infinite"
        raise ImageRejected("a number in every pixel", got, "export the picture as 8-bit PNG and upload that")
    low, high = float(values.min()), float(values.max())
    usual = (1.0, 255.0, 65535.0) if values.dtype.kind == "f" else (255.0, 65535.0)
    white = next((white for white in usual if low >= 0 and high <= white), None)
    low, high = (0.0, white) if white is not None else (low, high)
    scaled = np.empty(values.shape, np.uint8)
    rows = max(1, _AT_ONCE // values.shape[1])  # the whole in float64 would take a gigabyte
    for top in range(0, len(values), rows):
        part = slice(top, top + rows)
        scaled[part] = np.rint((values[part].astype(np.float64) - low) / ((high - low) or 1.0) * 255)
    return scaled, f"from {low:g} to {high:g}"


def _with_shallow_key(shallow: Image.Image, deep: Image.Image) -> Image.Image:
    """``shallow`` with the transparent colour of ``deep``, which a PNG gives with all its 16 bits."""
    key = deep.info.get("transparency")
    if isinstance(key, int):
        shallow.info["transparency"] = key >> 8
    elif isinstance(key, tuple):
        shallow.info["transparency"] = tuple(part >> 8 for part in key)
    return shallow


def _split(picture: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The colour (mode L, RGB, CMYK or LAB) and the transparency (mode L), None where there is none."""
    if picture.mode == "La":
        picture = picture.convert("LA")
    rgba = _as(picture, "RGBA") if picture.has_transparency_data else None
    if picture.mode in _GREYS:
        colour = _as(picture, "L")
    elif picture.mode in ("CMYK", "LAB"):
        colour = picture
    else:
        colour = _as(rgba or picture, "RGB")
    return colour, rgba.getchannel("A") if rgba else None


def _as(picture: Image.Image, mode: str) -> Image.Image:
    """``picture`` in ``mode``, itself where it has that mode: a copy of 40 megapixels takes 160 MB."""
    return picture if picture.mode == mode else picture.convert(mode)


def _through_profile(picture: Image.Image, profile: object, notes: list[str]) -> Image.Image:
    """``picture`` (L, RGB, CMYK or LAB) in sRGB, by its embedded ICC profile where that works and matters."""
    plain = _without_profile(picture)
    if not profile or picture.mode == "LAB":
        return plain
    try:
        transform = _transform(BytesIO(profile), picture.mode)  # type: ignore[arg-type]
        if _moves_colours(transform, picture.mode):
            plain = ImageCms.applyTransform(picture, transform) or plain
            notes.append("Embedded colour profile converted to sRGB.")
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        notes.append("The embedded colour profile cannot be used and was ignored.")
    return plain


def _without_profile(picture: Image.Image) -> Image.Image:
    if picture.mode != "LAB":
        return _as(picture, "RGB")
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return ImageCms.applyTransform(picture, ImageCms.buildTransform(lab, srgb, "LAB", "RGB")) or picture


def _transform(profile: BytesIO, mode: str) -> ImageCms.ImageCmsTransform:
    source = ImageCms.ImageCmsProfile(profile)
    return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")


def _moves_colours(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Whether the transform changes what a person sees; sRGB goes by many names, so a lattice of colours is tried."""
    levels = np.arange(0, 256, 15, dtype=np.uint8)  # 18 levels, 0 and 255 among them
    lattice = np.stack(np.meshgrid(*[levels] * Image.getmodebands(mode)), axis=-1)
    probe = Image.frombytes(mode, (len(levels), lattice.size // lattice.shape[-1] // len(levels)), lattice.tobytes())
    moved = np.asarray(ImageCms.applyTransform(probe, transform), np.int16)
    return bool(np.abs(moved - np.asarray(probe.convert("RGB"), np.int16)).max() > SAME_LEVELS)
