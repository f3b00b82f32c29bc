"""HEIC and DICOM files of our own making."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pillow_heif
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    VLPhotographicImageStorage,
)

_SHAPES = {1: "MONOCHROME2", 3: "RGB"}

# What a clinic writes beside a picture. Not one of these words may come out of the program again.
PATIENT = {
    "PatientName": "Doe^Jane",
    "PatientID": "MRN-4711",
    "PatientBirthDate": "19700131",
    "PatientAddress": "12 Elm Street",
    "ReferringPhysicianName": "Quincy^Walter",
    "InstitutionName": "St. Elsewhere",
    "StudyDescription": "Mole of Jane Doe",
    "AccessionNumber": "ACC-0815",
    "PatientComments": "Jane fears melanoma",
    "StudyInstanceUID": "1.2.3.4711.1",
    "SeriesInstanceUID": "1.2.3.4711.2",
}


def heic(pixels: np.ndarray, **options: Any) -> bytes:
    """(H, W[, 3 or 4]) uint8, or (H, W) uint16, with an error of about one level. Options as ``pillow_heif.encode``."""
    mode = "I;16" if pixels.dtype == np.uint16 else {2: "L", 3: "RGB", 4: "RGBA"}[(*pixels.shape, 2)[2]]
    buffer = BytesIO()
    size = (pixels.shape[1], pixels.shape[0])
    pillow_heif.encode(mode, size, np.ascontiguousarray(pixels).tobytes(), buffer, quality=-1, chroma=444, **options)
    return buffer.getvalue()


def dicom(pixels: np.ndarray, syntax: str = ExplicitVRLittleEndian, frames: int = 1, **tags: Any) -> bytes:
    """A photograph of (H, W) or (H, W, 3) uint8 or uint16, ``frames`` times; ``tags`` replace or add elements."""
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = VLPhotographicImageStorage, "1.2.3"
    dataset.Rows, dataset.Columns = pixels.shape[:2]
    dataset.SamplesPerPixel = pixels.shape[2] if pixels.ndim == 3 else 1
    dataset.PhotometricInterpretation = _SHAPES[dataset.SamplesPerPixel]
    if pixels.ndim == 3:
        dataset.PlanarConfiguration = 0
    bits = pixels.dtype.itemsize * 8
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit, dataset.PixelRepresentation = bits - 1, 0
    if frames > 1:
        dataset.NumberOfFrames = frames
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    dataset.add_new(
        "PixelData", "OB" if bits == 8 else "OW", pixels.astype(pixels.dtype.newbyteorder(order)).tobytes() * frames
    )
    return written(dataset, syntax, **tags)


def jpeg_dicom(frames: list[bytes], height: int, width: int, **tags: Any) -> bytes:
    """A DICOM file of baseline JPEGs, which claims a size."""
    blank = np.zeros((1, 1, 3), np.uint8)
    fields = {"Rows": height, "Columns": width, "PhotometricInterpretation": "YBR_FULL_422"}
    if len(frames) > 1:
        fields["NumberOfFrames"] = len(frames)
    return dicom(blank, JPEGBaseline8Bit, PixelData=encapsulate(frames), **{**fields, **tags})


def written(dataset: Dataset, syntax: str, **tags: Any) -> bytes:
    for name, value in tags.items():
        setattr(dataset, name, value)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    buffer = BytesIO()
    little, implicit = syntax != ExplicitVRBigEndian, syntax == ImplicitVRLittleEndian
    if syntax == JPEGBaseline8Bit:
        dataset["PixelData"].is_undefined_length = True
    dataset.save_as(buffer, implicit_vr=implicit, little_endian=little, enforce_file_format=True)
    return buffer.getvalue()
