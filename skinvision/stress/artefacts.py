"""The artefacts by name: what each does, between which strengths, and what is known about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skinvision.errors import ShapeMismatch, UnknownName
from skinvision.stress.before_lens import darken_corners, grow_hairs, trap_bubbles
from skinvision.stress.camera import blur, cast, compress, turn, zoom
from skinvision.stress.ink import add_ink
from skinvision.stress.on_skin import lay_ruler, lay_sticker
from skinvision.stress.picture import Mask, Stressed
from skinvision.stress.tone import change_tone

Change = Callable[[Stressed, float, np.random.Generator], Stressed]

_BISSOTO = (
    "Bissoto et al. (2020) marked seven such artefacts in thousands of pictures: networks recognise each of them "
    "easily, and the debiasing of the time did not keep them from using it."
)
_MARON = (
    "Maron et al. (2021) spoiled pictures of melanomas and nevi in such ways: all four networks that they tried "
    "were led astray by changes that leave the diagnosis as it is."
)


@dataclass(frozen=True, slots=True)
class Artefact:
    """One thing that is added or done to a picture.

    Attributes:
        name: short, lower case, as in a URL.
        title: for a person.
        change: does it, for a strength within the range and not 0.
        none: what strength 0 means, in words.
        full: what the highest strength means, in words.
        is_random: whether another seed gives another one.
        low, high: the range of strengths; 0 is always among them.
        reverse: what ``low`` means where that is below 0, in words; else "".
        ways: what the directions of ``high`` and ``low`` are called, where there are two.
        note: what the literature says, a sentence for students with authors and year; or "".
    """

    name: str
    title: str
    change: Change
    none: str
    full: str
    is_random: bool = False
    low: float = 0.0
    high: float = 1.0
    reverse: str = ""
    ways: tuple[str, str] = ("", "")
    note: str = ""

    def apply(self, image: NDArray[np.uint8], lesion: Mask, strength: float, seed: int = 0) -> Stressed:
        """The picture with this artefact; the same arguments give the same bytes, strength 0 the picture itself.

        Args:
            image: (H, W, 3) uint8 sRGB.
            lesion: (H, W) bool, may be empty or full. What keeps off the lesion does nothing where that is full.
            strength: in [``low``, ``high``]; what is drawn at a lower one stays in place at a higher one.
            seed: ≥ 0, which hairs, which ink.

        Raises:
            ShapeMismatch: arrays of other shapes or types, or a strength out of range.
        """
        picture = Stressed(image, lesion)
        if not self.low <= strength <= self.high:
            expected = f"a strength of {self.title.lower()} in [{self.low:g}, {self.high:g}]"
            raise ShapeMismatch(expected, str(strength), "choose another strength")
        if strength == 0:
            return picture
        return self.change(picture, strength, np.random.default_rng(seed))


def artefact(name: str) -> Artefact:
    """The artefact of that name.

    Raises:
        UnknownName: no such artefact.
    """
    for one in ARTEFACTS:
        if one.name == name:
            return one
    raise UnknownName.among("artefact", name, [one.name for one in ARTEFACTS])


ARTEFACTS = (
    Artefact(
        "ink",
        "Ink mark",
        add_ink,
        "no ink",
        "dashes and dots of a surgical marker all around the lesion",
        is_random=True,
        note="Winkler et al. (2019): surgical ink beside moles raised a network's melanoma scores, and its "
        "false-positive rate on benign nevi by about 40 percentage points.",
    ),
    Artefact(
        "ruler",
        "Ruler",
        lay_ruler,
        "no scale",
        "a millimetre scale in black print along an edge",
        is_random=True,
        note="Winkler et al. (2021): most of the scale bars that were laid into the same pictures lowered a "
        "network's specificity.",
    ),
    Artefact(
        "sticker",
        "Sticker",
        lay_sticker,
        "no sticker",
        "a large round coloured patch far from the lesion",
        is_random=True,
        note="Rieger et al. (2020): about half of the benign pictures in an ISIC collection show such patches and none "
        "of the malignant ones, so that a network can learn that a sticker means harmless.",
    ),
    Artefact(
        "hair",
        "Hair",
        grow_hairs,
        "no hair added",
        "forty dark hairs, long or shaved by chance",
        is_random=True,
        note=_BISSOTO,
    ),
    Artefact(
        "bubbles", "Air bubbles", trap_bubbles, "no bubbles added", "gel full of bubbles", is_random=True, note=_BISSOTO
    ),
    Artefact(
        "corners",
        "Dark corners",
        darken_corners,
        "no frame added",
        "the black round frame of a dermatoscope, close in",
        note=_BISSOTO,
    ),
    Artefact(
        "tone",
        "Skin tone",
        change_tone,
        "the patient's own skin",
        "skin lighter by 20 of the 100 steps of lightness (L*), the lesion as it was",
        low=-1.0,
        reverse="skin darker by 20 of the 100 steps of lightness (L*), the lesion as it was",
        ways=("lighter", "darker"),
        note="Groh et al. (2021): networks do best on skin like that which they learned from; Daneshjou et al. (2022): "
        "three of them, one trained on HAM10000, did worse on dark skin.",
    ),
    Artefact(
        "cast",
        "Colour cast",
        cast,
        "the colours of the picture",
        "yellowish, as by lamplight",
        low=-1.0,
        reverse="bluish, as in shade",
        ways=("yellowish", "bluish"),
    ),
    Artefact("blur", "Blur", blur, "as sharp as the picture", "far out of focus", note=_MARON),
    Artefact("jpeg", "JPEG", compress, "no further compression", "quality 10 of 100, blocks are seen", note=_MARON),
    Artefact("zoom", "Zoom", zoom, "the whole picture", "twice as near", note=_MARON),
    Artefact("turn", "Turn", turn, "upright", "upside down, turned by 180°", note=_MARON),
)
