"""The Grad-CAM of one class at every stage, first to last, so that one sees attention form."""

from __future__ import annotations

import streamlit as st

from skinvision.methods import GRAD_CAM
from skinvision.render import lab_words, words
from skinvision.ui import method_view
from skinvision.ui.session import literal
from skinvision.ui.subject import Subject

_READING = (
    "The same class, from the first stage to the last. Early stages see edges and colours in fine cells, and little of "
    "that is about the class; later ones see whole structures in coarse cells. Each map has its own scale."
)
_WAITING_PX = 210


def show(about: Subject) -> None:
    """A strip of maps; those that are missing are made one after the other."""
    from skinvision.ui import work  # with it comes torch, which is loaded by now

    st.caption(f"{_READING} {about.lines_note}")
    stages = about.card.stages
    row = st.grid(len(stages), min_column_width=200)
    places = []
    for stage in stages:
        with row.cell():
            st.markdown(f"**{words.stage_title(stage, stages)}**")
            places.append(st.empty())
            places[-1].skeleton(_WAITING_PX)
    for place, stage in zip(places, stages, strict=True):
        asked = method_view.ask(about, GRAD_CAM, stage)
        work.attribute(about.upload, asked)
        explanation, analysis = about.upload.maps[asked], about.upload.analyses[about.wanted]
        with place.container():
            st.image(
                method_view.map_jpeg(about, explanation, f"stage {stage}"),
                alt=lab_words.map_alt(explanation, analysis.mask, about.card),
            )
            note = lab_words.share_note(explanation, analysis, about.card)
            st.caption(literal(f"{lab_words.stage_note(explanation)} {note}"))
