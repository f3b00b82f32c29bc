"""DICOM, for photographs in visible light, which pydicom reads. It is an extra.

Only the tags named here are read, so no other one can come out again: neither a name nor a date reaches a note, an
error or a log.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from skinvision.errors import ImageRejected
from skinvision.intake.colour import Decoded, Stored
from skinvision.intake.limits import check_size, only_frame
from skinvision.intake.pieces import check_pieces

if TYPE_CHECKING:
    from pydicom import Dataset

# A picture has some hundred elements. Each costs one to three calls, wherever it is nested.
MAX_READS = 100_000
MAX_BITS = 16
_UNTOUCHED: Any = {"view_only": True, "correct_unused_bits": False}  # no copy of what may be 240 MB

_PHOTOGRAPHS = ("1.2.840.10008.5.1.4.1.1.77.1.4", "1.2.840.10008.5.1.4.1.1.77.1.7")  # VL photographic, dermoscopic
_SECONDARY = ("1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.7.4")  # secondary capture, one frame or many
_JPEG = "1.2.840.10008.1.2.4.50"
_SYNTAXES = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", _JPEG)  # three without compression

_YBR = ("YBR_FULL", "YBR_FULL_422")
_COLOURS = ("RGB", *_YBR, "PALETTE COLOR")
_GREYS = ("MONOCHROME1", "MONOCHROME2")
_PALETTE = tuple(
    f"{colour}PaletteColorLookupTable{part}" for colour in ("Red", "Green", "Blue") for part in ("Descriptor", "Data")
)
_PIXELS = ("Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration")
_DEPTH = ("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation")
_TAGS = ["SOPClassUID", "BurnedInAnnotation", *_PIXELS, *_DEPTH, *_PALETTE, "ICCProfile", "PixelData"]


def read(data: bytes) -> Decoded:
    """The photograph, or the first frame of it, in a DICOM file.

    Raises:
        ImageRejected, or any of ``DAMAGE``.
    """
    from pydicom.errors import BytesLengthException, InvalidDicomError

    try:
        return _read(data)
    except (BytesLengthException, InvalidDicomError):  # two that are no ValueErrors
        raise ValueError("a value of the wrong length, or no DICOM") from None


def _read(data: bytes) -> Decoded:
    from pydicom import config, dcmread
    from pydicom.pixels.decoders.base import get_decoder

    config.settings.reading_validation_mode = config.IGNORE  # or else it logs the values that it finds strange
    syntax = _syntax(data)
    dataset = dcmread(_Counted(data), specific_tags=_TAGS)
    _check_photograph(dataset)
    check_size(int(dataset.Columns), int(dataset.Rows))
    _check_layout(dataset)
    if syntax == _JPEG:
        _check_jpeg(dataset)
    values, found = get_decoder(syntax).as_array(dataset, index=0, raw=True, **_UNTOUCHED)
    notes = only_frame(1, _frames(dataset))
    picture, changed = _picture(values, str(found["photometric_interpretation"]), dataset)
    if profile := dataset.get("ICCProfile"):
        picture.info["icc_profile"] = profile
    return Decoded(picture, Stored(8, False), (*notes, *changed))


class _Counted(BytesIO):
    """Bytes that can be read a limited number of times, since a small file can hold millions of empty elements."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._left = MAX_READS

    def read(self, size: int | None = -1, /) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise ValueError("too many elements")
        return super().read(size)


def _syntax(data: bytes) -> str:
    """How the rest of the file is written, from its first group alone: some ways have to be unpacked to be read."""
    from pydicom.filereader import read_dataset

    file = _Counted(data)
    file.seek(132)  # preamble and "DICM"
    first = read_dataset(file, is_implicit_VR=False, is_little_endian=True, stop_when=lambda tag, *_: tag.group != 2)
    syntax = str(first.get("TransferSyntaxUID", ""))
    if syntax not in _SYNTAXES:
        expected = "a DICOM file without compression or with baseline JPEG"
        raise ImageRejected(expected, "one that is compressed in another way", "export the picture as JPEG or PNG")
    return syntax


def _check_photograph(dataset: Dataset) -> None:
    kind, colours = str(dataset.get("SOPClassUID", "")), str(dataset.get("PhotometricInterpretation", ""))
    coloured_copy = kind in _SECONDARY and colours in _COLOURS
    if kind not in _PHOTOGRAPHS and not coloured_copy:
        expected = "a photograph in visible light, if it comes as DICOM"
        remedy = "upload a photograph of the skin; X-ray, CT, MR and ultrasound pictures cannot be analysed"
        raise ImageRejected(expected, "a DICOM file of another kind", remedy)
    if dataset.get("BurnedInAnnotation") == "YES":
        got = "a DICOM file that says it has writing in the picture, often the patient's name"
        raise ImageRejected("a picture without writing in it", got, "export the picture without its annotations")


def _check_layout(dataset: Dataset) -> None:
    """Refuse what the steps below would read wrongly."""
    allocated, stored, samples = int(dataset.BitsAllocated), int(dataset.BitsStored), int(dataset.SamplesPerPixel)
    colours = dataset.PhotometricInterpretation
    depth = allocated in (8, MAX_BITS) and 8 <= stored <= allocated and int(dataset.HighBit) == stored - 1
    fits = samples == (3 if colours in ("RGB", *_YBR) else 1) and colours in (*_COLOURS, *_GREYS)
    if not (depth and fits) or int(dataset.PixelRepresentation):
        raise ImageRejected(
            "a DICOM picture in a common layout", "one that stores its pixels unusually", "export it as PNG"
        )


def _check_jpeg(dataset: Dataset) -> None:
    """Hold a JPEG within a DICOM file to what a JPEG has to hold to, and to the size that the file states."""
    from pydicom.encaps import get_frame

    frame = get_frame(dataset.PixelData, 0, number_of_frames=_frames(dataset))
    check_pieces(frame, "JPEG")
    with Image.open(BytesIO(frame), formats=("JPEG",)) as picture:
        if picture.size != (dataset.Columns, dataset.Rows):
            raise ValueError("a JPEG of another size than its DICOM file says")


def _frames(dataset: Dataset) -> int:
    return int(dataset.get("NumberOfFrames") or 1)


def _picture(values: NDArray[Any], colours: str, dataset: Dataset) -> tuple[Image.Image, list[str]]:
    """``values`` (H, W) or (H, W, 3) as a picture of mode L or RGB, and notes."""
    from pydicom.pixels.processing import apply_color_lut

    notes = []
    bits = int(dataset.BitsStored)
    palette = None
    if colours == "PALETTE COLOR":
        palette = apply_color_lut(np.arange(1 << bits, dtype=values.dtype), dataset)  # (2**bits, 3)
        values, bits = values & values.dtype.type((1 << bits) - 1), palette.dtype.itemsize * 8
        notes.append("Palette converted to RGB.")
    if bits > 8:
        notes.append(f"{bits} bits per channel scaled to 8.")
    shallow = _shallow(values, bits) if palette is None else _shallow(palette, bits)[values]
    if colours == "MONOCHROME1":  # white is zero
        shallow = 255 - shallow
    height, width = shallow.shape[:2]
    mode = "L" if shallow.ndim == 2 else "YCbCr" if colours in _YBR else "RGB"
    picture = Image.frombuffer(mode, (width, height), np.ascontiguousarray(shallow), "raw", mode, 0, 1)
    return picture.convert("RGB") if mode == "YCbCr" else picture, notes


def _shallow(values: NDArray[Any], bits: int) -> NDArray[np.uint8]:
    """The high byte of what is stored; what lies above that may be anything and is cut off."""
    if values.dtype == np.uint8:
        return values
    shallow = np.empty(values.shape, np.uint8)
    np.right_shift(values, bits - 8, out=shallow, casting="unsafe")
    return shallow
