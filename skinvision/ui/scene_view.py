"""The picture taken apart by the lesion's mask, and what the network says to each part."""

from __future__ import annotations

import numpy as np
import streamlit as st

from skinvision.render import stress_words, words
from skinvision.render.charts import PALETTE
from skinvision.stress import SCENES, Scene
from skinvision.types import Analysis
from skinvision.ui import cards, stressed
from skinvision.ui.session import literal
from skinvision.ui.subject import Subject

_NOTABLE = 0.05
_FULL = 0.98  # of the picture
_THE_SAME = "The lesion leaves no room for this: the picture is the same."


def show(about: Subject) -> None:
    """Each scene with its heatmap and what the network says, then all probabilities beside each other."""
    plain = stressed.as_it_is(about)
    if reason := _no_scenes(about, plain):
        st.info(reason, icon=":material/info:")
        return
    scenes = {stressed.AS_IT_IS: plain} | {scene.title: _analysed(about, scene) for scene in SCENES}
    stressed.notes(about, *scenes.values())
    _pictures(about, scenes)
    st.markdown("**Probability**")
    st.caption(literal(f"Of the diagnoses that reach {words.percent(_NOTABLE)} somewhere."))
    predictions = {title: analysis.prediction for title, analysis in scenes.items()}
    stressed.probabilities(about, scenes, stress_words.notable(predictions, _NOTABLE))


def _no_scenes(about: Subject, plain: Analysis) -> str | None:
    """Why the picture cannot be taken apart; None where it can."""
    if not about.upload.outline and words.held_back(about.upload.analyses[about.wanted].mask, about.card):
        return (
            "Where the lesion is, is not known here, so the picture cannot be taken apart. "
            f"Draw it in the view “{stress_words.PAINT}”."
        )
    if plain.mask.box is None:
        return (
            "No lesion was found in this picture, so there is nothing to take apart. "
            f"Draw it in the view “{stress_words.PAINT}”."
        )
    if plain.mask.area_fraction > _FULL:
        return "The lesion fills the picture, so there is no background to take away."
    return None


def _analysed(about: Subject, scene: Scene) -> Analysis:
    return stressed.under(about, scene.name, None, lambda picture: scene.build(picture.image, picture.lesion))


def _pictures(about: Subject, scenes: dict[str, Analysis]) -> None:
    plain, row = scenes[stressed.AS_IT_IS], st.grid(len(scenes), min_column_width=230)
    asked = {scene.title: scene for scene in SCENES}
    for (title, analysis), colour in zip(scenes.items(), PALETTE, strict=False):
        with row.cell():
            cards.patch(title, colour)
            st.caption(asked[title].asks if title in asked else "What all others are compared with.")
            stressed.pictures(about, analysis, title, None)
            moved = analysis is plain or not np.array_equal(analysis.case.image, plain.case.image)
            said = stress_words.answer(analysis, plain, about.card, about.target) if moved else _THE_SAME
            st.markdown(literal(said))
            if title in asked and asked[title].note:
                st.caption(literal(asked[title].note))
