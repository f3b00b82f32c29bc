"""What comes out of the gate, for good, odd, broken and hostile bytes. All files are made here."""

from __future__ import annotations

import hashlib
import random
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from skinvision.errors import ImageRejected
from skinvision.intake import QUALITY, read_case
from skinvision.phantom import draw

# A corner of each colour, so that turns, mirrors and swapped channels all show.
CORNERS = np.zeros((64, 80, 3), np.uint8)
CORNERS[:32, :40], CORNERS[:32, 40:], CORNERS[32:, :40] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
RAMP = np.tile(np.arange(0, 65536, 512, dtype=np.uint16), (64, 1))  # (64, 128), every 16-bit step of 512


def saved(pixels: np.ndarray | Image.Image, fmt: str, **options: Any) -> bytes:
    buffer = BytesIO()
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    picture.save(buffer, fmt, **options)
    return buffer.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(pixels: np.ndarray, bits: int, colour: int, *extra: bytes, size: tuple[int, int] | None = None) -> bytes:
    """A PNG of (H, W[, C]) values; ``size`` (width, height) may lie."""
    width, height = size or (pixels.shape[1], pixels.shape[0])
    rows = pixels.astype(">u2" if bits == 16 else "u1")
    packed = b"".join(b"\0" + row.tobytes() for row in rows)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + chunk(b"IDAT", zlib.compress(packed)) + chunk(b"IEND", b"")


def tiff(pixels: np.ndarray, order: str = "<", pages: int = 1, **tags: int) -> bytes:
    """An uncompressed one-strip TIFF of (H, W) or (H, W, 3) values, its directory repeated ``pages`` times.

    ``tags`` are named ``t<number>``; they add to the usual ones, or replace them.
    """
    height, width = pixels.shape[:2]
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    strip = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder(order)).tobytes()
    sample = {"u": 1, "i": 2, "f": 3}[pixels.dtype.kind]
    fields = {256: width, 257: height, 258: pixels.dtype.itemsize * 8, 259: 1, 262: 2 if channels == 3 else 1, 273: 8}
    fields |= {277: channels, 278: height, 279: len(strip), 339: sample}
    fields |= {int(name[1:]): value for name, value in tags.items()}
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8 + len(strip))
    length = 2 + 12 * len(fields) + 4
    entries = b"".join(struct.pack(order + "HHII", tag, 4, 1, value) for tag, value in sorted(fields.items()))
    directories = []
    for page in range(pages):
        following = 8 + len(strip) + (page + 1) * length if page + 1 < pages else 0
        directories.append(struct.pack(order + "H", len(fields)) + entries + struct.pack(order + "I", following))
    return head + strip + b"".join(directories)


def rejection(data: bytes) -> ImageRejected:
    with pytest.raises(ImageRejected) as caught:
        read_case(data)
    return caught.value


# --- what is accepted


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
    assert rejection(tiff(pixels)).got == "1 pixels that are NaN or infinite"


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


def profile(**swapped: bytes) -> bytes:
    """The sRGB profile; ``a=b"rXYZ", b=b"gXYZ"`` swaps the names of these two tags."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    if not swapped:
        return data
    first, second = data.index(swapped["a"]), data.index(swapped["b"])
    table = bytearray(data)
    table[first : first + 4], table[second : second + 4] = swapped["b"], swapped["a"]
    return bytes(table)


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


# --- what is refused


@pytest.mark.parametrize(("short", "fine"), [(63, False), (64, True)])
def test_64_px_on_the_short_side(short: int, fine: bool) -> None:
    for shape in ((short, 500, 3), (500, short, 3)):
        data = saved(np.zeros(shape, np.uint8), "PNG")
        if fine:
            assert read_case(data).image.shape == shape
        else:
            error = rejection(data)
            assert (error.expected, error.got) == ("at least 64 px on the short side", f"{shape[1]} × {shape[0]}")


def test_a_very_long_strip_is_fine() -> None:
    assert read_case(saved(np.zeros((64, 100_000, 3), np.uint8), "PNG")).width == 100_000


@pytest.mark.parametrize("size", [(8000, 5001), (10_000, 10_000), (20_000, 20_000), (2**31 - 1, 2**31 - 1)])
def test_40_megapixels_are_counted_before_decoding(size: tuple[int, int]) -> None:
    """The files hold one row of pixels: decoding them would end in 'damaged', not in 'too large'."""
    error = rejection(png(np.zeros((1, 80)), 8, 0, size=size))
    assert error.expected == "at most 40 megapixels"
    assert error.got in (f"{size[0]} × {size[1]} px, {size[0] * size[1] / 1e6:.0f} megapixels", "more than twice that")


def test_40_megapixels_exactly_pass_the_check() -> None:
    assert "damaged" in rejection(png(np.zeros((1, 80)), 8, 0, size=(8000, 5000))).got


def test_a_bomb_of_text_beside_the_pixels() -> None:
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 50_000_000))
    assert "damaged" in rejection(png(CORNERS, 8, 2, text)).got


def test_what_lies_behind_a_jpeg_is_not_counted() -> None:
    photo = saved(CORNERS, "JPEG", progressive=True)
    assert read_case(photo + b"\xff\xda" * 500).notes == ()


def test_a_jpeg_of_very_many_scans() -> None:
    photo = saved(CORNERS, "JPEG", progressive=True)
    scan = photo[photo.rindex(b"\xff\xda") : -2]
    assert "scans" in rejection(photo[:-2] + scan * 200 + photo[-2:]).expected


FOREIGN = {
    "an empty file": b"",
    "a file of an unknown kind": b"hello, this is a text about moles",
    "a GIF picture": saved(CORNERS, "GIF"),
    "a HEIC photo": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "an AVIF picture": b"\0\0\0\x18ftypavif\0\0\0\0",
    "a video": b"\0\0\0\x18ftypisom\0\0\0\0",
    "a DICOM file": b"\0" * 128 + b"DICM\2\0",
    "a PDF document": b"%PDF-1.7\n",
    "a ZIP archive": b"PK\x03\x04\x14\0",
    "an SVG drawing": b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>",
    "a web page": b"\xef\xbb\xbf\n<!DOCTYPE html><html></html>",
    "an XML document": b"<?xml version='1.0'?><patients/>",
    "a PostScript (EPS) file": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "a camera's raw file": b"II*\0\x10\0\0\0CR\x02\0",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_kinds_are_named(name: str) -> None:
    error = rejection(FOREIGN[name])
    assert error.got == name
    assert error.expected == "a JPEG, PNG, WebP, TIFF or BMP picture"
    assert len(error.remedy) > 20


@pytest.mark.parametrize(
    "data",
    [
        tiff(CORNERS, t254=1),
        tiff(np.zeros((64, 64, 3), np.uint16), t284=2),
        tiff(CORNERS, t257=200),
        tiff(CORNERS, t322=60_000, t323=60_000),
    ],
    ids=["preview first", "deep planes", "missing strips", "vast tiles"],
)
def test_tiffs_that_would_be_read_wrongly(data: bytes) -> None:
    assert "TIFF" in rejection(data).expected


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n%%EndComments\nshowpage\n%%EOF\n"
DOS_EPS = b"\xc5\xd0\xd3\xc6" + struct.pack("<II", 30, len(EPS)) + b"\0" * 18 + EPS

READ = """
import sys, PIL.Image
from skinvision.errors import ImageRejected
from skinvision.intake import gate
data = sys.stdin.buffer.read()
try:
    {statement}
except ImageRejected as error:
    print(error.got)
"""


@pytest.mark.parametrize("eps", [EPS, DOS_EPS], ids=["plain", "dos"])
@pytest.mark.parametrize("guard", ["kinds", "formats"])
def test_no_outside_program_starts(eps: bytes, guard: str, tmp_path: Any) -> None:
    """With a Ghostscript on the path that would leave a mark. Either of the two guards must do alone."""
    mark, ghostscript = tmp_path / "started", tmp_path / "gs"
    ghostscript.write_text(f"#!/bin/sh\necho started >> {mark}\nexit 1\n")
    ghostscript.chmod(0o755)

    def run(statement: str) -> str:
        program = READ.format(statement=statement)
        environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path)}
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, input=eps, capture_output=True, env=environment, check=False)
        return done.stdout.decode()

    run("PIL.Image.open(__import__('io').BytesIO(data)).load()")
    assert mark.exists(), "the trap itself does not work"
    mark.unlink()
    got = run("gate.read_case(data)" if guard == "kinds" else "gate._decoded(data, 'JPEG')")
    assert not mark.exists()
    assert ("PostScript" in got) == (guard == "kinds")


# --- damaged files


def samples() -> dict[str, bytes]:
    rgb = Image.fromarray(cv2.resize(CORNERS, (72, 66)))
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "x"
    rich = {"exif": exif, "icc_profile": profile()}
    return {
        "jpeg": saved(rgb, "JPEG", **rich),
        "progressive": saved(rgb, "JPEG", progressive=True),
        "cmyk": saved(rgb.convert("CMYK"), "JPEG"),
        "mpo": saved(rgb, "MPO", save_all=True, append_images=[rgb]),
        "png": saved(rgb, "PNG", **rich),
        "palette": saved(rgb.quantize(9), "PNG"),
        "apng": saved(rgb, "PNG", save_all=True, append_images=[rgb.rotate(90)]),
        "deep png": png(RAMP, 16, 0),
        "webp": saved(rgb, "WEBP", **rich),
        "lossless webp": saved(rgb, "WEBP", lossless=True),
        "animated webp": saved(rgb, "WEBP", save_all=True, append_images=[rgb.rotate(90)]),
        "bmp": saved(rgb, "BMP"),
        "tiff": saved(rgb, "TIFF", exif=exif),
        "lzw": saved(rgb, "TIFF", compression="tiff_lzw"),
        "jpeg tiff": saved(rgb, "TIFF", compression="jpeg"),
        "fax": saved(rgb.convert("1"), "TIFF", compression="group4"),
        "pages": saved(rgb, "TIFF", save_all=True, append_images=[rgb, rgb]),
        "floats": tiff(np.ones((64, 64), np.float32)),
    }


SAMPLES = samples()


def damaged(data: bytes, seed: int) -> Iterator[bytes]:
    """Copies cut short, copies with flipped bits (mostly in the header), copies with a piece moved."""
    dice = random.Random(seed)
    for _ in range(20):
        yield data[: dice.randrange(1, len(data))]
    for _ in range(60):
        copy = bytearray(data)
        for _ in range(dice.choice((1, 1, 4, 16))):
            copy[dice.randrange(min(len(copy), dice.choice((64, 400, len(copy)))))] ^= 1 << dice.randrange(8)
        yield bytes(copy)
    for _ in range(10):
        start, end, to = sorted(dice.randrange(len(data)) for _ in range(3))
        yield data[:start] + data[end:to] + data[start:end] + data[to:]


@pytest.mark.parametrize("name", SAMPLES)
def test_damaged_files_give_a_case_or_a_rejection(name: str) -> None:
    rejections = []
    for data in damaged(SAMPLES[name], seed=7):
        try:
            read_case(data)
        except ImageRejected as error:
            rejections.append(error)
    assert rejections
    assert all(error.expected and error.got and error.remedy for error in rejections)


@pytest.mark.parametrize("name", ["jpeg", "cmyk", "png", "palette", "deep png", "webp", "bmp", "tiff", "lzw", "floats"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.8])
def test_a_truncated_file_is_refused_not_filled_up(name: str, part: float) -> None:
    data = SAMPLES[name]
    assert "damaged" in rejection(data[: int(len(data) * part)]).got


def test_four_threads_at_once() -> None:
    names = list(SAMPLES) * 4
    alone = {name: read_case(data).image.tobytes() for name, data in SAMPLES.items()}
    with ThreadPoolExecutor(4) as pool:
        together = pool.map(lambda name: read_case(SAMPLES[name]).image.tobytes(), names)
        assert all(image == alone[name] for name, image in zip(names, together, strict=True))


# --- quality


def quality(pixels: np.ndarray) -> tuple[str, ...]:
    return read_case(saved(np.clip(np.rint(pixels), 0, 255).astype(np.uint8), "PNG", compress_level=1)).quality


PHANTOM = draw(3, skin_tone=0.1, vignette=0.0).image.astype(np.float64)


def test_a_good_picture_has_no_flag() -> None:
    assert quality(PHANTOM) == ()


@pytest.mark.parametrize("factor", [1, 3])
@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda a: cv2.GaussianBlur(a, (0, 0), len(a) / 128), "blurred"),
        (lambda a: a * 0.25, "dark"),
        (lambda a: a * 2, "bright"),
        (lambda a: (a - 128) * 0.1 + 128, "low_contrast"),
    ],
    ids=["blurred", "dark", "bright", "low_contrast"],
)
def test_a_spoilt_picture_is_flagged_at_any_resolution(
    spoil: Callable[[np.ndarray], np.ndarray], code: str, factor: int
) -> None:
    large = cv2.resize(PHANTOM, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    assert code in quality(spoil(large))
    assert code not in quality(large)


def test_sharpness_does_not_depend_on_contrast() -> None:
    assert "blurred" not in quality((PHANTOM - 128) * 0.6 + 128)


@pytest.mark.parametrize(("side", "small"), [(223, True), (224, False)])
def test_small(side: int, small: bool) -> None:
    assert ("small" in quality(PHANTOM[:side, :500])) is small


@pytest.mark.parametrize(("value", "code"), [(0, "dark"), (255, "bright"), (128, "low_contrast")])
def test_an_even_picture_is_flagged_not_refused(value: int, code: str) -> None:
    assert {code, "blurred", "low_contrast"} <= set(quality(np.full((300, 300, 3), value)))


def test_the_frame_of_a_dermatoscope_is_no_contrast_and_no_darkness() -> None:
    skin = np.full((300, 300, 3), 170)
    rows, columns = np.ogrid[:300, :300]
    skin[np.hypot(rows - 150, columns - 150) > 150] = 0
    assert "low_contrast" in quality(skin)
    assert "dark" not in quality(skin)


def test_every_code_has_its_sentence() -> None:
    assert set(QUALITY) == {"blurred", "dark", "bright", "low_contrast", "small"}
    assert all(sentence.endswith(".") for sentence in QUALITY.values())
