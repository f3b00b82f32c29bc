"""HEIC and DICOM: what comes out with the extras that read them, and what is said without them."""

from __future__ import annotations

import json
import subprocess
import sys
import traceback
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pillow_heif import from_pillow
from pydicom import uid

from skinvision.formats import SUFFIXES, in_words
from skinvision.intake import read_case
from tests.extras import PATIENT, dicom, heic, jpeg_dicom
from tests.files import CORNERS, RAMP, profile, rejection, saved
from tests.pages import ROOT
from tests.test_intake import STORED_AS

GREY = "Greyscale converted to RGB; colours are missing."
ON_WHITE = "Transparent parts laid on white."
BY_PROFILE = "Embedded colour profile converted to sRGB."
SHALLOW = "16 bits per channel scaled to 8."


HIGH_BYTES = np.dstack([RAMP >> 8] * 3)
PHOTO = saved(CORNERS, "JPEG", quality=100)


def near(image: np.ndarray, expected: np.ndarray, levels: int = 2) -> bool:
    return bool(np.abs(image.astype(int) - expected).max() <= levels)


# --- HEIC


@pytest.mark.parametrize("orientation", STORED_AS)
def test_a_heic_photo_is_turned_once_though_it_says_so_twice(orientation: int) -> None:
    """pillow-heif writes the turn into the picture's own properties and leaves it in EXIF, as phones do."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = orientation, "Jane Doe"
    data = heic(STORED_AS[orientation](CORNERS), exif=exif.tobytes())
    case = read_case(data)
    assert b"Jane Doe" in data
    assert case.image.shape == CORNERS.shape
    assert near(case.image, CORNERS)
    assert case.notes == ()
    assert "Jane" not in repr(case)


@pytest.mark.parametrize(
    ("pixels", "expected", "notes"),
    [
        (CORNERS[..., 0], CORNERS[..., [0, 0, 0]], (GREY,)),
        (RAMP, HIGH_BYTES, (SHALLOW, GREY)),
        (np.dstack([CORNERS, np.full((64, 80), 255, np.uint8)]), CORNERS, ()),
        (np.full((64, 64, 4), (200, 0, 0, 51), np.uint8), np.full((64, 64, 3), (244, 204, 204)), (ON_WHITE,)),
    ],
    ids=["grey", "10 bits", "opaque", "transparent"],
)
def test_the_modes_of_heic(pixels: np.ndarray, expected: np.ndarray, notes: tuple[str, ...]) -> None:
    case = read_case(heic(pixels))
    assert near(case.image, expected, levels=4)  # 16 bits are stored as 10
    assert case.notes == notes


def test_the_colour_profile_of_a_heic_photo_is_converted() -> None:
    case = read_case(heic(CORNERS, icc_profile=profile(a=b"rXYZ", b=b"gXYZ"), save_nclx_profile=False))
    assert near(case.image, CORNERS[..., [1, 0, 2]], levels=4)
    assert case.notes == (BY_PROFILE,)


def test_colours_that_are_wide_by_number_are_told() -> None:
    case = read_case(
        heic(
            CORNERS,
            save_nclx_profile=True,
            color_primaries=12,
            transfer_characteristics=13,
            matrix_coefficients=6,
            full_range_flag=1,
        )
    )
    assert case.notes == ("Its wide colours were taken for sRGB, so they look paler than they are.",)


def test_the_main_picture_of_several_in_a_heic_file() -> None:
    file = from_pillow(Image.fromarray(CORNERS[::-1].copy()))
    file.add_from_pillow(Image.fromarray(CORNERS))
    buffer = BytesIO()
    file.save(buffer, quality=-1, chroma=444, primary_index=1)
    case = read_case(buffer.getvalue())
    assert near(case.image, CORNERS)
    assert case.notes == ("Only frame 2 of 2 is analysed.",)


def test_heic_sizes_are_checked_before_decoding() -> None:
    small = heic(CORNERS)
    size = np.array([80, 64], ">u4").tobytes()
    assert rejection(heic(CORNERS[:63])).got == "80 × 63"
    vast = small.replace(size, np.array([8000, 5001], ">u4").tobytes())
    assert rejection(vast).got == "8000 × 5001 px, 40 megapixels"
    tiny = heic(np.zeros((128, 128, 3), np.uint8)).replace(
        np.array([128, 128], ">u4").tobytes(), np.array([64, 64], ">u4").tobytes()
    )
    assert "damaged" in rejection(tiny).got


def test_reading_heic_leaves_pillow_as_it_was() -> None:
    """In a process of its own: other libraries teach Pillow to read HEIC where they are imported."""
    program = (
        "import sys\n"
        "from PIL import Image\n"
        "from skinvision.intake import read_case\n"
        "read_case(sys.stdin.buffer.read())\n"
        "print('.heic' in Image.registered_extensions(), 'HEIF' in Image.OPEN)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, input=heic(CORNERS), capture_output=True, check=True
    )
    assert done.stdout.split() == [b"False", b"False"]


# --- DICOM


@pytest.mark.parametrize("syntax", [uid.ExplicitVRLittleEndian, uid.ImplicitVRLittleEndian, uid.ExplicitVRBigEndian])
@pytest.mark.parametrize(
    "kind", [uid.VLPhotographicImageStorage, uid.DermoscopicPhotographyImageStorage, uid.SecondaryCaptureImageStorage]
)
def test_photographs_in_visible_light(syntax: str, kind: str) -> None:
    case = read_case(dicom(CORNERS, syntax, SOPClassUID=kind))
    np.testing.assert_array_equal(case.image, CORNERS)
    assert case.notes == ()


def ybr(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(pixels).convert("YCbCr"))


def in_422(pixels: np.ndarray) -> bytes:
    """Two luminances, then what they share of blue and red: PS3.3 C.7.6.3.1.2."""
    pairs = ybr(pixels).reshape(-1, 2, 3)
    return np.stack([pairs[:, 0, 0], pairs[:, 1, 0], pairs[:, 0, 1], pairs[:, 0, 2]], axis=1).tobytes()


PALETTE: dict[str, Any] = {
    "PhotometricInterpretation": "PALETTE COLOR",
    **{f"{name}PaletteColorLookupTableDescriptor": [4, 0, 16] for name in ("Red", "Green", "Blue")},
    "RedPaletteColorLookupTableData": np.array([0, 65535, 0, 0], "<u2").tobytes(),
    "GreenPaletteColorLookupTableData": np.array([0, 0, 65535, 0], "<u2").tobytes(),
    "BluePaletteColorLookupTableData": np.array([0, 0, 0, 65535], "<u2").tobytes(),
}
INDICES = np.where(CORNERS.any(axis=2), CORNERS.argmax(axis=2) + 1, 0).astype(np.uint8)


@pytest.mark.parametrize(
    ("data", "expected", "notes"),
    [
        (dicom(ybr(CORNERS), PhotometricInterpretation="YBR_FULL"), CORNERS, ()),
        (dicom(CORNERS, PhotometricInterpretation="YBR_FULL_422", PixelData=in_422(CORNERS)), CORNERS, ()),
        (dicom(CORNERS, PlanarConfiguration=1, PixelData=CORNERS.transpose(2, 0, 1).tobytes()), CORNERS, ()),
        (dicom(CORNERS[..., 0]), CORNERS[..., [0, 0, 0]], (GREY,)),
        (dicom(255 - CORNERS[..., 0], PhotometricInterpretation="MONOCHROME1"), CORNERS[..., [0, 0, 0]], (GREY,)),
        (dicom(RAMP), HIGH_BYTES, (SHALLOW, GREY)),
        (
            dicom(RAMP >> 4, BitsStored=12, HighBit=11),
            HIGH_BYTES,
            ("12 bits per channel scaled to 8.", GREY),
        ),
        (dicom(np.dstack([RAMP] * 3)), HIGH_BYTES, (SHALLOW,)),
        (dicom(INDICES, **PALETTE), CORNERS, ("Palette converted to RGB.", SHALLOW)),
        (jpeg_dicom([PHOTO], 64, 80), read_case(PHOTO).image, ()),
        (dicom(CORNERS, ICCProfile=profile(a=b"rXYZ", b=b"gXYZ")), CORNERS[..., [1, 0, 2]], (BY_PROFILE,)),
    ],
    ids=[
        "ybr",
        "ybr_422",
        "planes",
        "grey",
        "white_is_zero",
        "16_bits",
        "12_bits",
        "deep_colour",
        "palette",
        "jpeg",
        "profile",
    ],
)
def test_how_dicom_stores_its_pixels(data: bytes, expected: np.ndarray, notes: tuple[str, ...]) -> None:
    case = read_case(data)
    assert near(case.image, expected)
    assert case.notes == notes


@pytest.mark.parametrize("data", [dicom(CORNERS, frames=3), jpeg_dicom([saved(CORNERS, "JPEG")] * 3, 64, 80)])
def test_the_first_of_several_frames_in_dicom(data: bytes) -> None:
    case = read_case(data)
    assert (case.image[5, 5] // 200).tolist() == [1, 0, 0]
    assert case.notes == ("Only frame 1 of 3 is analysed.",)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"SOPClassUID": uid.CTImageStorage}, "a photograph in visible light, if it comes as DICOM"),
        ({"SOPClassUID": uid.MRImageStorage}, "a photograph in visible light, if it comes as DICOM"),
        ({"SOPClassUID": "1.2.3"}, "a photograph in visible light, if it comes as DICOM"),
        ({"BurnedInAnnotation": "YES"}, "a picture without writing in it"),
        ({"PixelRepresentation": 1}, "a DICOM picture in a common layout"),
        ({"PhotometricInterpretation": "YBR_RCT"}, "a DICOM picture in a common layout"),
        ({"BitsStored": 7}, "a DICOM picture in a common layout"),
        ({"Rows": 63}, "at least 64 px on the short side"),
        ({"Rows": 8000, "Columns": 5001}, "at most 40 megapixels"),
    ],
    ids=str,
)
def test_dicom_that_is_refused(tags: dict[str, Any], expected: str) -> None:
    assert rejection(dicom(CORNERS, **tags)).expected == expected


def test_a_grey_secondary_capture_may_be_an_x_ray() -> None:
    data = dicom(CORNERS[..., 0], SOPClassUID=uid.SecondaryCaptureImageStorage)
    assert "visible light" in rejection(data).expected


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.90", "1.2"])
def test_other_compressions_are_refused_unread(syntax: str) -> None:
    """Deflated, run lengths, JPEG 2000, and one that nobody knows; what follows their names is rubbish."""
    plain = dicom(CORNERS)
    start = plain.index(b"UI", plain.index(b"\2\0\x10\0"))  # of the transfer syntax
    value = syntax.encode() + b"\0" * (len(syntax) % 2)
    data = plain[:start] + b"UI" + len(value).to_bytes(2, "little") + value + b"rubbish" * 1000
    assert rejection(data).expected == "a DICOM file without compression or with baseline JPEG"


@pytest.mark.parametrize(
    "frame",
    [
        b"\0\0",
        b"\0\0\0\x0cjP  \r\n\x87\n",
        saved(CORNERS[:, :70], "JPEG"),
        saved(CORNERS, "JPEG")[:200],
    ],
    ids=["empty", "another format", "another size", "cut"],
)
def test_a_jpeg_in_dicom_that_is_not_what_it_should_be(frame: bytes) -> None:
    assert "damaged" in rejection(jpeg_dicom([frame], 64, 80)).got


def test_a_jpeg_in_dicom_of_very_many_scans() -> None:
    photo = saved(CORNERS, "JPEG", progressive=True)
    scan = photo[photo.rindex(b"\xff\xda") : -2]
    assert "scans" in rejection(jpeg_dicom([photo[:-2] + scan * 200 + photo[-2:]], 64, 80)).expected


def test_millions_of_empty_elements_are_not_walked_through() -> None:
    head, pixels = dicom(CORNERS), b"\xe0\x7f\x10\x00OB"
    empty = b"\x11\x00\x01\x00LO\0\0"
    assert "damaged" in rejection(head.replace(pixels, empty * 200_000 + pixels)).got


def test_a_picture_without_its_pixels_is_damaged() -> None:
    data = dicom(CORNERS)
    for part in (0.3, 0.6, 0.9):
        assert "damaged" in rejection(data[: int(len(data) * part)]).got


def test_a_number_of_the_wrong_length_is_damage() -> None:
    data = dicom(CORNERS)
    bits = b"\x28\x00\x00\x01US\x02\x00\x08\x00"
    assert data.count(bits) == 1
    assert "damaged" in rejection(data.replace(bits, b"\x28\x00\x00\x01US\x03\x00\x08\x00\x00")).got


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data,
        lambda data: data[:-100],
        lambda data: data.replace(b"RGB ", b"DOE "),
        lambda data: data.replace(uid.VLPhotographicImageStorage.encode(), b"Doe^Jane".ljust(29, b"\0")),
        lambda data: data.replace(b"\x28\x00\x10\x00US\x02\x00", b"\x28\x00\x10\x00PN\x02\x00"),
    ],
    ids=["whole", "cut", "colours", "class", "rows"],
)
@pytest.mark.filterwarnings("default")  # a warning is printed, as it is in the app
def test_no_patient_tag_comes_out_again(
    change: Callable[[bytes], bytes], capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    data = change(dicom(CORNERS, **PATIENT))
    assert b"MRN-4711" in data
    try:
        case = read_case(data)
        said = repr(case) + json.dumps(case.notes)
    except Exception as error:
        said = "".join(traceback.format_exception(error)) + repr(error)
    out, err = capfd.readouterr()
    said += out + err + caplog.text
    words = {word for value in PATIENT.values() for word in value.replace("^", " ").split() if len(word) > 2}
    assert not [word for word in words - {"Mole"} if word.lower() in said.lower()]


# --- without the extras

WITHOUT = """
import sys
sys.modules['pillow_heif'] = sys.modules['pydicom'] = None  # as if they were not installed
from skinvision.formats import in_words
from skinvision.intake import read_case
from skinvision.errors import ImageRejected
print(in_words())
for size in map(int, sys.argv[1:]):
    try:
        read_case(sys.stdin.buffer.read(size))
    except ImageRejected as error:
        print(error)
"""


def test_without_the_extras_the_sentence_names_what_to_install() -> None:
    files = [heic(CORNERS), dicom(CORNERS)]
    command = [sys.executable, "-c", WITHOUT, *(str(len(data)) for data in files)]
    ran = subprocess.run(command, input=b"".join(files), cwd=ROOT, capture_output=True, check=True)
    words, photo, file = ran.stdout.decode().splitlines()
    assert words == "JPEG, PNG, WebP, TIFF or BMP"
    assert photo.startswith("expected a JPEG, PNG, WebP, TIFF or BMP picture, got a HEIC photo; ")
    assert "pip install -r requirements-heic.txt" in photo
    assert file.startswith("expected a JPEG, PNG, WebP, TIFF or BMP picture, got a DICOM file; ")
    assert "pip install -r requirements-dicom.txt" in file


def test_reading_other_formats_imports_neither_extra() -> None:
    program = (
        "import sys\n"
        "from skinvision.intake import read_case\n"
        "read_case(sys.stdin.buffer.read())\n"
        "print([name for name in sys.modules if name in ('pillow_heif', 'pydicom')])"
    )
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, input=saved(CORNERS, "PNG"), cwd=ROOT, capture_output=True, check=True)
    assert ran.stdout.strip() == b"[]"


def test_with_the_extras_their_formats_are_offered() -> None:
    assert in_words() == "JPEG, PNG, WebP, TIFF, BMP, HEIC or DICOM"
    assert {".heic", ".dcm", ".jpg"} < set(SUFFIXES)


@pytest.mark.parametrize("name", ["heic", "dicom"])
def test_the_named_requirements_exist_and_are_exact(name: str) -> None:
    lines = (ROOT / f"requirements-{name}.txt").read_text().splitlines()
    assert lines[0].startswith("# ")
    assert all("==" in line for line in lines[1:])
