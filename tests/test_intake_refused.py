"""What the gate says of foreign, hostile and damaged files."""

from __future__ import annotations

import random
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from skinvision.errors import ImageRejected
from skinvision.intake import read_case
from tests.damage import samples
from tests.files import CORNERS, chunk, png, rejection, saved, tiff


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
    "an AVIF picture": b"\0\0\0\x18ftypavif\0\0\0\0",
    "a video": b"\0\0\0\x18ftypisom\0\0\0\0",
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
    assert error.expected == "a JPEG, PNG, WebP, TIFF, BMP, HEIC or DICOM picture"
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
