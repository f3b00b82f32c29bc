"""A picture under stress, analysed: what the views of the Shortcuts page share."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from skinvision.geometry import resize
from skinvision.methods import GRAD_CAM
from skinvision.render import lab_words, screen, stress_words, words
from skinvision.render.charts import grouped_chart
from skinvision.render.overlays import shared_scale
from skinvision.stress import Stressed
from skinvision.types import Analysis, LesionMask, Prediction, measured
from skinvision.ui import models
from skinvision.ui.session import literal
from skinvision.ui.subject import Subject

AS_IT_IS = "As it is"
_LONGEST_PX, _SHORTEST_PX = 800, 64  # networks see less, and a slider has to move without a wait
_MOST_PX = 1_000_000  # of strips, which keep their shortest side until then
_OPACITY = 0.6


def as_it_is(about: Subject) -> Analysis:
    """The picture no larger than it has to be, analysed; what is done to it is compared with this."""
    return about.upload.once("as it is", _made_from(about), lambda: _analysed(about, _reduced(about)))


def under(about: Subject, place: str, key: Hashable, change: Callable[[Stressed], Stressed]) -> Analysis:
    """The picture after a ``change``, analysed.

    No segmenter runs: the network is to look where the lesion is, and where it was if none is left.

    Args:
        place: on the page, which keeps one analysis.
        key: tells the changes at one place apart.
    """
    return about.upload.once(
        f"under {place}", _made_from(about, key), lambda: _analysed(about, change(_reduced(about)))
    )


def pictures(about: Subject, analysis: Analysis, title: str, key: Hashable) -> None:
    """The picture above its heatmap, as ``picture`` and ``heatmap`` show them."""
    picture(about, analysis, title, key)
    heatmap(about, analysis, title, key)


def picture(about: Subject, analysis: Analysis, title: str, key: Hashable) -> None:
    """The picture, with a box around what the network sees of it.

    Args:
        title: of the picture, which has a place of its own on the page.
        key: tells apart what was done to it.
    """
    seen = analysis.explanation(about.target)
    drawn = about.upload.once(f"picture {title}", _made_from(about, key), lambda: screen.seen_jpeg(analysis.case, seen))
    st.image(drawn, alt=f"{title}. {words.picture_alt(analysis.case)}")


def heatmap(about: Subject, analysis: Analysis, title: str, key: Hashable) -> None:
    """Its heatmap, on the scale of the picture as it is, so that it can fade and grow; arguments as of ``picture``."""
    explanation, scale = analysis.explanation(about.target), shared_scale(as_it_is(about).explanations)
    outline, unit = _outline(analysis), lab_words.unit(GRAD_CAM)
    drawn = about.upload.once(
        f"heatmap {title}",
        (_made_from(about, key), about.target),
        lambda: screen.small_evidence_jpeg(analysis.case, explanation, scale, _OPACITY, outline, unit),
    )
    st.image(drawn, alt=f"{title}. {words.heatmap_alt(analysis, about.card, about.target)}")


def probabilities(about: Subject, analyses: Mapping[str, Analysis], labels: Sequence[str] | None = None) -> None:
    """What the network says of each, as grouped bars.

    Args:
        analyses: by what they are called, the picture as it is first.
        labels: those that are shown; all by default, the most probable on top.
    """
    said = ((title, analysis.prediction) for title, analysis in analyses.items())
    predictions: dict[str, Prediction] = {stress_words.series(title, each): each for title, each in said}
    shown = stress_words.notable(predictions, 0.0) if labels is None else labels
    st.plotly_chart(
        grouped_chart(predictions, shown, about.card),
        key=f"stressed_{'_'.join(analyses)}_{about.upload.sha256}",
        config={"displayModeBar": False},
        alt=stress_words.probabilities_alt(predictions, shown, about.card),
    )


def notes(about: Subject, *shown: Analysis) -> None:
    """What the box and the outline upon the heatmaps of those that are shown are, where there are any."""
    if as_it_is(about).explanation(about.target).is_boxed:
        st.caption(literal(stress_words.BOX))
    if any(map(_outline, shown)):
        st.caption(literal(stress_words.OWN_OUTLINE if about.upload.outline else stress_words.OUTLINE))


def _outline(analysis: Analysis) -> LesionMask | None:
    """None where nothing is left of the lesion; of a network's outline that is not to be trusted nothing ever was."""
    return analysis.mask if analysis.mask.box else None


def _made_from(about: Subject, key: Hashable = None) -> Hashable:
    return about.wanted, about.stage, about.upload.outline, key


def _reduced(about: Subject) -> Stressed:
    """The picture no larger than it has to be, with the lesion as found, or as the visitor drew it.

    An outline that is not to be trusted is as none.
    """
    found, own = about.upload.analyses[about.wanted], about.upload.outline
    image, binary = found.case.image, found.mask.binary & (not words.held_back(found.mask, about.card))
    sides = image.shape[:2]
    shrink = min(1.0, max(_LONGEST_PX / max(sides), _SHORTEST_PX / min(sides)), (_MOST_PX / math.prod(sides)) ** 0.5)
    if shrink < 1:
        height, width = (max(round(side * shrink), 1) for side in sides)
        image, binary = resize(image, height, width), resize(binary.astype(np.float32), height, width) >= 0.5
    return Stressed(image, own.binary if own else binary)


def _analysed(about: Subject, picture: Stressed) -> Analysis:
    """With the mask of what is left of the lesion, which may be empty."""
    looked_at = picture.lesion if picture.lesion.any() else _reduced(about).lesion
    case = replace(about.upload.analyses[about.wanted].case, image=picture.image)
    analyser = models.analyser(about.wanted.segmenter, about.wanted.classifier)
    by_hand = about.upload.outline is not None
    found = analyser.analyse(case, about.stage, mask=LesionMask(looked_at.astype(np.float32), by_hand=by_hand))
    if picture.lesion.any():
        return found
    empty = LesionMask(picture.lesion.astype(np.float32), by_hand=by_hand)
    return replace(found, mask=empty, explanations=measured(found.explanations, empty))
