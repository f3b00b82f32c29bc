"""One class at one stage by all methods, side by side. The quick ones are there at once, the slow ones when asked."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from skinvision.methods import METHODS, ON_PICTURE, Method
from skinvision.render import lab_words, screen, words
from skinvision.render.durations import duration
from skinvision.types import Case, Explanation
from skinvision.ui import models, progress
from skinvision.ui.session import Asked, literal
from skinvision.ui.subject import Subject

_OPACITY = 0.6
_WAITING_PX = 210


def show(about: Subject) -> None:
    """The picture, and each method with its map or with the button that asks for it."""
    is_last = about.stage == about.card.stages[-1]
    st.caption(f"{lab_words.OWN_SCALE} {lab_words.ONE_MAP if is_last else ''} {about.lines_note}")
    row = st.grid(len(METHODS) + 1, min_column_width=230)
    with row.cell():
        _picture(about)
    waiting: list[tuple[DeltaGenerator, Asked]] = []
    for method in METHODS.values():
        asked = ask(about, method.name, about.stage)
        with row.cell():
            _title(method)
            place = st.empty()
            if asked in about.upload.maps:
                _fill(place, about, asked)
            elif not method.is_slow:
                place.skeleton(_WAITING_PX)
                waiting.append((place, asked))
            elif _is_asked_for(place, about, asked):
                waiting.append((place, asked))
    for place, asked in waiting:
        make(place, about, asked)
        _fill(place, about, asked)


def ask(about: Subject, method: str, stage: str) -> Asked:
    """What is asked for; methods that work on the picture have no stage, so that their maps are made once."""
    return Asked(about.wanted, method, stage if METHODS[method].by_stage else ON_PICTURE, about.target)


def map_jpeg(about: Subject, explanation: Explanation, place: str) -> bytes:
    """One map over the picture on its own scale, drawn once for the ``place`` on the page."""
    case = _case(about)
    return about.upload.once(
        place,
        (about.wanted, explanation.method, explanation.stage, explanation.target),
        lambda: screen.small_evidence_jpeg(
            case, explanation, explanation.peak, _OPACITY, about.outline, lab_words.unit(explanation.method)
        ),
    )


def _picture(about: Subject) -> None:
    case = _case(about)
    st.markdown("**Picture**")
    st.image(about.upload.once("small", None, lambda: screen.small_picture_jpeg(case)), alt=words.picture_alt(case))


def _case(about: Subject) -> Case:
    return about.upload.analyses[about.wanted].case


def _title(method: Method) -> None:
    st.markdown(f"**{literal(method.title)}**", help=f"{method.says}  \n{literal(method.source)}")


def _fill(place: DeltaGenerator, about: Subject, asked: Asked) -> None:
    explanation, analysis = about.upload.maps[asked], about.upload.analyses[about.wanted]
    drawn = map_jpeg(about, explanation, f"map {asked.method}")
    with place.container():
        st.image(drawn, alt=lab_words.map_alt(explanation, analysis.mask, about.card))
        st.caption(literal(lab_words.share_note(explanation, analysis, about.card)))


def _is_asked_for(place: DeltaGenerator, about: Subject, asked: Asked) -> bool:
    """The button that asks for a slow map, with what it will take."""
    with place.container():
        pressed = st.button("Make it", icon=":material/hourglass_top:", key=f"make_{asked}")
        st.caption(f"Takes {duration(_seconds(about, asked))}.")
    return pressed


def _seconds(about: Subject, asked: Asked) -> float:
    """How long a slow map takes."""
    return METHODS[asked.method].passes(_width(about), about.card.above(about.stage)) * about.pass_s


def make(place: DeltaGenerator, about: Subject, asked: Asked) -> None:
    """Have the map made, with a bar in ``place`` where the method is slow."""
    from skinvision.ui import work  # with it comes torch, which is loaded by now

    told = None
    if METHODS[asked.method].is_slow:
        told = progress.teller(place, METHODS[asked.method].portions(_width(about)), str(asked))
    work.attribute(about.upload, asked, told)


def _width(about: Subject) -> int:
    return models.widths(about.wanted.classifier)[about.stage]
