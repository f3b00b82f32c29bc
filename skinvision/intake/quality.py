"""What may spoil the analysis of a picture that is otherwise fine: blur, exposure, contrast, size.

A code is a warning, never a refusal. Everything but the size is measured on the picture shrunk to 256 px on its short
side, so a code does not depend on the resolution: the networks see about that much, and what cannot be seen at that
size cannot spoil their answer.

The thresholds were set on 1,000 random pictures of HAM10000 (dermoscopy) and 981 clinical photographs of SD-198, all
taken as good, and on damaged copies of 200 of each. Flagged, in per cent, HAM10000 / SD-198:

============  =========  ================================================================================
code          as it is   damaged copies
============  =========  ================================================================================
blurred       1.2 / 0.2  Gaussian blur of σ 1 px: 87 / 57; of 1.5 to 10 px at the working size: 100 / 100
dark          0 / 0      values × 0.5: 0 / 0; × 0.4: 22 / 10; × 0.3: 97 / 97
bright        0 / 0      values × 1.4: 30 / 27; × 1.6: 73 / 55; × 2: 97 / 90
low_contrast  0.6 / 0    contrast × 0.5: 11 / 0; × 0.3: 64 / 7; × 0.2: 96 / 48; × 0.1: 100 / 100
============  =========  ================================================================================
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from skinvision.geometry import resize

QUALITY: dict[str, str] = {
    "blurred": "The picture is blurred: fine structures cannot be seen, so focus again if you can.",
    "dark": "The picture is very dark: colours and structures may be lost in the shadow.",
    "bright": "The picture is overexposed: large parts are pure white and hold no detail.",
    "low_contrast": "The picture has very little contrast: lesion and skin can hardly be told apart.",
    "small": "The picture is small: fewer than 224 pixels on its short side, so fine structures are missing.",
}

SMALL_PX = 224
WORKING_PX = 256
LONGEST_PX = 2048
# Fine detail (up to 1 px) against the coarser (2 to 4 px) on the strongest edges. A ratio does not depend on contrast.
BLURRED_BELOW = 0.60
# In a picture without any detail the ratio is rounding noise against nothing; the variance of the Laplacian is not.
FEATURELESS_BELOW = 5.0
# The brightest twentieth, so that dark corners do not count. Low, so that dark skin is not called a dark picture: both
# sets show hardly any, but the darkest skin of the phantoms, about Fitzpatrick VI, lies at 90 and above.
DARK_BELOW = 70.0
WHITE_FROM = 250
WHITE_SHARE = 0.10
# Darker than this, and near it, is the frame of a dermatoscope, which would lend any picture contrast.
FRAME_BELOW = 20.0
FRAME_EDGE_PX = 13
CONTRAST_BELOW = 40.0


def quality_codes(image: NDArray[np.uint8]) -> tuple[str, ...]:
    """What may spoil the analysis of ``image`` (H, W, 3) uint8 sRGB: keys of ``QUALITY``, in its order."""
    small = _at_working_size(image)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)  # (h, w), Rec. 601 luma
    found = {
        "blurred": _is_blurred(grey),
        "dark": float(np.percentile(grey, 95)) < DARK_BELOW,
        "bright": float((small.min(axis=2) >= WHITE_FROM).mean()) > WHITE_SHARE,
        "low_contrast": _spread(grey) < CONTRAST_BELOW,
        "small": min(image.shape[:2]) < SMALL_PX,
    }
    return tuple(code for code in QUALITY if found[code])


def _at_working_size(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture with ``WORKING_PX`` on its short side, fewer where it is a strip.

    Never enlarged: that would look like blur.
    """
    height, width = image.shape[:2]
    scale = min(1.0, WORKING_PX / min(height, width), LONGEST_PX / max(height, width))
    return resize(image, max(1, round(height * scale)), max(1, round(width * scale)))


def _is_blurred(grey: NDArray[np.float32]) -> bool:
    if float(cv2.Laplacian(grey, cv2.CV_32F).var()) < FEATURELESS_BELOW:
        return True
    one, two, four = (cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in (1.0, 2.0, 4.0))
    fine, coarse = np.percentile(np.abs(grey - one), 99), np.percentile(np.abs(two - four), 99)
    return bool(fine < BLURRED_BELOW * coarse)


def _spread(grey: NDArray[np.float32]) -> float:
    """Grey levels between the 1st and the 99th percentile of what is lit; 0 where nothing is."""
    lit = cv2.erode((grey >= FRAME_BELOW).astype(np.uint8), np.ones((FRAME_EDGE_PX, FRAME_EDGE_PX), np.uint8)) > 0
    if not lit.any():
        return 0.0
    low, high = np.percentile(grey[lit], (1, 99))
    return float(high - low)
