"""Foreign bytes become a ``Case`` here or nowhere.

No outside program can start: the format is told from the bytes, and one reader alone gets to see them. Sizes are
checked from the header, before a pixel is decoded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from skinvision.errors import ImageRejected
from skinvision.intake import dicom, heic, pictures
from skinvision.intake.colour import Decoded, to_srgb
from skinvision.intake.kinds import accepted, picture_format
from skinvision.intake.limits import DAMAGE, too_large
from skinvision.intake.quality import quality_codes
from skinvision.types import Case

_TOO_LARGE = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_EXTRAS: dict[str, Callable[[bytes], Decoded]] = {"HEIC": heic.read, "DICOM": dicom.read}


def read_case(data: bytes) -> Case:
    """The picture in ``data``, upright, as 8-bit sRGB, without its metadata. Safe to call from many threads.

    Of a file of several frames one is taken, with a note.

    Raises:
        ImageRejected: none of the formats that can be read here; damaged; over 40 megapixels (WebP: 30); under 64 px on
            the short side; of very many pieces; or with pixel values that are not numbers. No other exception leaves,
            whatever the bytes.
    """
    kind = picture_format(data)
    try:
        image, notes = _decoded(data, kind)
    except _TOO_LARGE as error:
        raise too_large("more than twice that") from error
    except DAMAGE as error:
        remedy = "copy it again from where it came, or export it anew as JPEG or PNG"
        rejected = ImageRejected(accepted(), f"a {kind} file that is damaged, incomplete or unusual", remedy)
        raise rejected from (None if kind == "DICOM" else error)  # whose words may quote the patient's data
    return Case(image, hashlib.sha256(data).hexdigest(), notes, quality_codes(image))


def _decoded(data: bytes, kind: str) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """The pixels (H, W, 3) uint8 sRGB, and notes about what was changed."""
    read = _EXTRAS.get(kind, partial(pictures.read, kind=kind))
    srgb, notes = to_srgb(read(data))  # which nobody else holds: 40 megapixels are 160 MB to Pillow
    return np.asarray(srgb), notes
