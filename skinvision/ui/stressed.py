"""A picture under stress, analysed: what the two views of the Shortcuts page share."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace

import numpy as np

from skinvision.geometry import resize
from skinvision.render import screen
from skinvision.render.overlays import shared_scale
from skinvision.stress import Stressed
from skinvision.types import Analysis, LesionMask
from skinvision.ui import models
from skinvision.ui.subject import Subject

AS_IT_IS = "As it is"
_LONGEST_PX = 800  # networks see less, and a slider has to move without a wait
_OPACITY = 0.6


def as_it_is(about: Subject) -> Analysis:
    """The picture no longer than ``_LONGEST_PX``, analysed; what is done to it is compared with this."""
    upload = about.upload
    return upload.once("as it is", (about.wanted, about.stage), lambda: _analysed(about, _reduced(about)))


def under(about: Subject, place: str, key: Hashable, change: Callable[[Stressed], Stressed]) -> Analysis:
    """The picture after a ``change``, analysed.

    No segmenter runs: the network is to look where the lesion is, and where it was if none is left.

    Args:
        place: on the page, which keeps one analysis.
        key: tells the changes at one place apart.
    """
    made_from = (about.wanted, about.stage, key)
    return about.upload.once(f"under {place}", made_from, lambda: _analysed(about, change(_reduced(about))))


def heatmap_jpeg(about: Subject, analysis: Analysis, place: str, key: Hashable) -> bytes:
    """The evidence for the explained class, on the scale of the picture as it is, so that it can fade and grow."""
    scale = shared_scale(as_it_is(about).explanations)
    explanation = analysis.explanation(about.target)
    return about.upload.once(
        place,
        (about.wanted, about.stage, about.target, key),
        lambda: screen.small_evidence_jpeg(analysis.case, explanation, scale, _OPACITY, "Logits per cell"),
    )


def _reduced(about: Subject) -> Stressed:
    found = about.upload.analyses[about.wanted]
    image, binary = found.case.image, found.mask.binary
    shrink = min(1.0, _LONGEST_PX / max(image.shape[:2]))
    if shrink == 1:
        return Stressed(image, binary)
    height, width = (max(round(side * shrink), 1) for side in image.shape[:2])
    return Stressed(resize(image, height, width), resize(binary.astype(np.float32), height, width) >= 0.5)


def _analysed(about: Subject, picture: Stressed) -> Analysis:
    lesion = picture.lesion if picture.lesion.any() else _reduced(about).lesion
    case = replace(about.upload.analyses[about.wanted].case, image=picture.image)
    analyser = models.analyser(about.wanted.segmenter, about.wanted.classifier)
    return analyser.analyse(case, about.stage, mask=LesionMask(lesion.astype(np.float32)))
