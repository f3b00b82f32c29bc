"""The picture taken apart by the lesion's mask, and what the network says to each part."""

from __future__ import annotations

from functools import partial

import streamlit as st

from skinvision.render import screen, stress_words, words
from skinvision.render.charts import PALETTE, grouped_chart
from skinvision.stress import SCENES, Scene
from skinvision.types import Analysis
from skinvision.ui import cards, stressed
from skinvision.ui.session import literal
from skinvision.ui.subject import Subject

_NOTABLE = 0.05


def show(about: Subject) -> None:
    """Each scene with its heatmap and what the network says, then all probabilities beside each other."""
    plain = stressed.as_it_is(about)
    if plain.mask.box is None:
        st.info("No lesion was found in this picture, so there is nothing to take apart.", icon=":material/info:")
        return
    scenes = {stressed.AS_IT_IS: plain} | {scene.title: _analysed(about, scene) for scene in SCENES}
    _pictures(about, scenes)
    _probabilities(about, scenes)


def _analysed(about: Subject, scene: Scene) -> Analysis:
    return stressed.under(about, scene.name, None, lambda picture: scene.build(picture.image, picture.lesion))


def _pictures(about: Subject, scenes: dict[str, Analysis]) -> None:
    plain, row = scenes[stressed.AS_IT_IS], st.grid(len(scenes), min_column_width=230)
    asked = {scene.title: scene for scene in SCENES}
    for (title, analysis), colour in zip(scenes.items(), PALETTE, strict=False):
        with row.cell():
            cards.patch(title, colour)
            st.caption(asked[title].asks if title in asked else "What all others are compared with.")
            drawn = about.upload.once(
                f"picture {title}", (about.wanted, title), partial(screen.small_picture_jpeg, analysis.case)
            )
            st.image(drawn, alt=f"{title}. {words.picture_alt(analysis.case)}")
            st.image(
                stressed.heatmap_jpeg(about, analysis, f"scene {title}", title),
                alt=f"{title}. {words.heatmap_alt(analysis, about.card, about.target)}",
            )
            st.markdown(literal(stress_words.answer(analysis, plain, about.card, about.target)))
            if title in asked and asked[title].note:
                st.caption(literal(asked[title].note))


def _probabilities(about: Subject, scenes: dict[str, Analysis]) -> None:
    predictions = {title: analysis.prediction for title, analysis in scenes.items()}
    labels = stress_words.notable(predictions, _NOTABLE)
    st.markdown("**Probability**")
    st.caption(f"Of the diagnoses that reach {words.percent(_NOTABLE)} somewhere.")
    st.plotly_chart(
        grouped_chart(predictions, labels, about.card),
        key=f"scenes_{about.upload.sha256}",
        config={"displayModeBar": False},
        alt=stress_words.probabilities_alt(predictions, labels, about.card),
    )
