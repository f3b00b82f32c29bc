"""What comes out of the gate for good and odd pictures."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from skinvision.intake import read_case
from tests.files import CORNERS, RAMP, chunk, png, profile, rejection, saved, tiff


@pytest.mark.parametrize(
    "data",
    [
        saved(CORNERS, "PNG"),
        saved(CORNERS, "BMP"),
        saved(CORNERS, "TIFF"),
        saved(CORNERS, "TIFF", compression="tiff_lzw"),
        saved(CORNERS, "WEBP", lossless=True),
        tiff(CORNERS),
        tiff(CORNERS, ">"),
    ],
)
def test_lossless_pixels_arrive_unchanged_and_without_a_note(data: bytes) -> None:
    case = read_case(data)
    np.testing.assert_array_equal(case.image, CORNERS)
    assert case.notes == ()
    assert case.sha256 == hashlib.sha256(data).hexdigest()


def test_jpeg_arrives_nearly_unchanged() -> None:
    case = read_case(saved(CORNERS, "JPEG", quality=95, subsampling=0))
    assert case.notes == ()
    assert np.abs(case.image.astype(int) - CORNERS).mean() < 3


# EXIF says how the stored picture has to be moved to stand upright; this is the move that undoes it.
STORED_AS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, 1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a, -1),
}


@pytest.mark.parametrize(("fmt", "options"), [("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True})])
@pytest.mark.parametrize("orientation", STORED_AS)
def test_exif_orientation_is_applied(fmt: str, options: dict[str, Any], orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(STORED_AS[orientation](CORNERS))
    case = read_case(saved(stored, fmt, exif=exif, **options))
    np.testing.assert_array_equal(case.image, CORNERS)
    assert case.notes == (() if orientation == 1 else ("Turned upright as its EXIF orientation says.",))


def test_jpeg_of_a_phone_held_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    case = read_case(saved(np.ascontiguousarray(np.rot90(CORNERS)), "JPEG", exif=exif))
    assert case.image.shape == CORNERS.shape
    assert (case.image[5, 5] // 200).tolist() == [1, 0, 0]


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, about the EXIF
@pytest.mark.parametrize(
    "exif", [b"Exif\0\0rubbish", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"]
)
def test_unreadable_exif_is_no_reason_to_refuse(exif: bytes) -> None:
    plain = saved(CORNERS, "JPEG")
    case = read_case(plain[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + plain[2:])
    np.testing.assert_array_equal(case.image, read_case(plain).image)


@pytest.mark.parametrize(
    ("data", "channels"),
    [
        (png(RAMP, 16, 0), "grey"),
        (tiff(RAMP), "grey"),
        (tiff(RAMP, ">"), "grey"),
        (png(np.dstack([RAMP, np.full_like(RAMP, 65535)]), 16, 4), "grey"),
        (png(np.dstack([RAMP] * 3), 16, 2), "colour"),
        (png(np.dstack([RAMP] * 4)[..., :] | np.uint16([0, 0, 0, 65535]), 16, 6), "colour"),
    ],
)
def test_16_bits_are_scaled_by_their_high_byte(data: bytes, channels: str) -> None:
    case = read_case(data)
    np.testing.assert_array_equal(case.image[0, :, 1], np.arange(0, 256, 2))
    assert case.notes[0] == "16 bits per channel scaled to 8."
    assert len(case.notes) == (2 if channels == "grey" else 1)


@pytest.mark.parametrize("factor", [256, 257])
def test_an_8_bit_picture_survives_16_bits(factor: int) -> None:
    grey = np.tile(np.arange(256, dtype=np.uint16), (64, 1))
    np.testing.assert_array_equal(read_case(png(grey * factor, 16, 0)).image[..., 0], grey)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.float32([0, 0.5, 1]), [0, 128, 255]),
        (np.float32([0, 100.4, 255]), [0, 100, 255]),
        (np.float32([-1, 0, 1]), [0, 128, 255]),
        (np.float32([0, 50_000, 100_000]), [0, 128, 255]),
        (np.float32([0, 0, 0]), [0, 0, 0]),
        (np.int32([0, 257, 65_535]), [0, 1, 255]),
        (np.int32([-100, 0, 100]), [0, 128, 255]),
        (np.int32([-7, -7, -7]), [0, 0, 0]),
    ],
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_floats_and_long_integers_are_scaled(values: np.ndarray, expected: list[int], order: str) -> None:
    case = read_case(tiff(np.repeat(np.tile(values, (64, 1)), 30, axis=1), order))
    assert case.image[0, ::30, 0].tolist() == expected
    assert case.notes[0] == f"Pixel values from {_range(values)} scaled to 8 bits."


def _range(values: np.ndarray) -> str:
    low, high = float(values.min()), float(values.max())
    usual = [top for top in (1, 255, 65_535) if low >= 0 and high <= top and (top > 1 or values.dtype.kind == "f")]
    return f"0 to {usual[0]}" if usual else f"{low:g} to {high:g}"


@pytest.mark.parametrize("strange", [np.nan, np.inf, -np.inf])
def test_a_pixel_that_is_no_number_is_refused(strange: float) -> None:
    pixels = np.zeros((64, 64), np.float32)
    pixels[3, 5] = strange
    assert rejection(tiff(pixels)).got == f"1 of {pixels.size} pixels NaN or infinite"


@pytest.mark.parametrize(("dtype", "top"), [("u1", 255), ("u2", 65_535), ("f4", 1)])
def test_white_is_zero(dtype: str, top: int) -> None:
    pixels = np.zeros((64, 64), dtype)
    pixels[:, 32:] = top
    case = read_case(tiff(pixels, t262=0))
    assert case.image[0, [0, 63], 0].tolist() == [255, 0]


def test_the_modes_a_layperson_has_to_hear_about() -> None:
    rgb = Image.fromarray(CORNERS)
    cases = {
        "1": saved(rgb.convert("1"), "PNG"),
        "L": saved(rgb.convert("L"), "JPEG"),
        "P": saved(rgb.quantize(16), "PNG"),
        "CMYK": saved(rgb.convert("CMYK"), "TIFF"),
    }
    words = {mode: read_case(data).notes[0].split()[0] for mode, data in cases.items()}
    assert words == {"1": "Black", "L": "Greyscale", "P": "Palette", "CMYK": "Print"}
    np.testing.assert_array_equal(read_case(cases["P"]).image, CORNERS)
    np.testing.assert_array_equal(read_case(cases["CMYK"]).image, CORNERS)


def test_lab_colours() -> None:
    """CIE Lab of sRGB red is (53, 80, 67) under D65 and (54, 81, 70) under D50, which TIFF uses."""
    lab = np.tile(np.uint8([round(54.3 * 2.55), 81, 70]), (64, 64, 1))
    case = read_case(tiff(lab, t262=8))
    assert np.abs(case.image[0, 0].astype(int) - [255, 0, 0]).max() < 10
    assert case.notes == ("LAB colours converted to RGB.",)


@pytest.mark.parametrize(("alpha", "expected"), [(255, (200, 0, 0)), (0, (255, 255, 255)), (51, (244, 204, 204))])
@pytest.mark.parametrize("fmt", ["PNG", "WEBP", "TIFF"])
def test_transparency_is_laid_on_white(fmt: str, alpha: int, expected: tuple[int, ...]) -> None:
    pixels = np.full((64, 64, 4), (200, 0, 0, alpha), np.uint8)
    options = {"lossless": True, "exact": True} if fmt == "WEBP" else {}
    case = read_case(saved(pixels, fmt, **options))
    np.testing.assert_array_equal(case.image[0, 0], expected)
    assert case.notes == (() if alpha == 255 else ("Transparent parts laid on white.",))


@pytest.mark.parametrize(("bits", "colour", "pixel", "key"), [
    (8, 0, [7], [7]), (16, 0, [0x1234], [0x1234]), (8, 2, [1, 2, 3], [1, 2, 3]),
    (16, 2, [0x0180, 0x1234, 0xFF00], [0x0180, 0x1234, 0xFF00]),
])  # fmt: skip
def test_the_transparent_colour_of_a_png(bits: int, colour: int, pixel: list[int], key: list[int]) -> None:
    pixels = np.full((64, 64, len(pixel)), 40 << (bits - 8))
    pixels[:, 32:] = pixel
    case = read_case(png(pixels, bits, colour, chunk(b"tRNS", struct.pack(f">{len(key)}H", *key))))
    assert case.image[0, [0, 63]].tolist() == [[40] * 3, [255] * 3]


def test_a_foreign_colour_profile_is_converted() -> None:
    """In a profile whose red and green primaries are swapped, stored red means green."""
    case = read_case(saved(CORNERS, "PNG", icc_profile=profile(a=b"rXYZ", b=b"gXYZ")))
    assert np.abs(case.image.astype(int) - CORNERS[..., [1, 0, 2]]).max() <= 2
    assert case.notes == ("Embedded colour profile converted to sRGB.",)


def test_an_srgb_profile_changes_nothing() -> None:
    case = read_case(saved(CORNERS, "PNG", icc_profile=profile()))
    np.testing.assert_array_equal(case.image, CORNERS)
    assert case.notes == ()


@pytest.mark.parametrize("broken", [b"rubbish", profile()[:200], b"\0" * 500])
def test_a_broken_profile_is_ignored_with_a_note(broken: bytes) -> None:
    case = read_case(saved(CORNERS, "PNG", icc_profile=broken))
    np.testing.assert_array_equal(case.image, CORNERS)
    assert case.notes == ("The embedded colour profile cannot be used and was ignored.",)


@pytest.mark.parametrize(("fmt", "options"), [("PNG", {}), ("WEBP", {"lossless": True}), ("TIFF", {})])
def test_the_first_of_several_frames(fmt: str, options: dict[str, Any]) -> None:
    others = [Image.fromarray(CORNERS[::-1]), Image.fromarray(CORNERS[:, ::-1])]
    case = read_case(saved(CORNERS, fmt, save_all=True, append_images=others, **options))
    np.testing.assert_array_equal(case.image, CORNERS)
    assert case.notes == ("Only frame 1 of 3 is analysed.",)


def test_a_photo_of_two_frames_as_phones_write_it() -> None:
    photo = saved(CORNERS, "MPO", save_all=True, append_images=[Image.fromarray(CORNERS)])
    assert photo[:3] == b"\xff\xd8\xff"
    assert read_case(photo).notes == ("Only frame 1 of 2 is analysed.",)


def test_a_tiff_of_very_many_pages_is_not_counted_out() -> None:
    assert read_case(tiff(CORNERS, pages=50_000)).notes == ("Only frame 1 of at least 100 is analysed.",)


def test_metadata_is_dropped() -> None:
    exif = Image.Exif()
    exif[0x010E] = "Jane Doe, born 1970"
    case = read_case(saved(CORNERS, "JPEG", exif=exif, comment=b"Jane Doe"))
    assert "Jane" not in repr(case)
