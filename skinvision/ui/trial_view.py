"""One map put to the test: the verdict with its reasons, then each measure against its reference."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from skinvision.methods import GRAD_CAM, METHODS
from skinvision.render import inside_charts, lab_words, trial_charts, trial_words, words
from skinvision.render.durations import duration
from skinvision.reports import InsideReport
from skinvision.ui import method_view, models, progress
from skinvision.ui.session import Asked, key, literal
from skinvision.ui.subject import Subject

if TYPE_CHECKING:  # it imports torch
    from skinvision.faithfulness import Findings, Verdict

_IMPUTING_S = 4.0  # what ROAD takes to fill in pixels, which is no work of the network
_CODES = {
    "believable": (st.info, ":material/task_alt:"),
    "doubtful": (st.warning, ":material/help:"),
    "not believable": (st.error, ":material/cancel:"),
}


def show(about: Subject) -> None:
    """The map, and what the tests say of it once they are asked for."""
    asked = _asked(about)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _map(about, asked)
    findings = about.upload.findings.get(asked)
    if findings is None:
        with right:
            st.markdown("Tests ask whether this map tells the truth about the network.")
            _offer(about, asked, "Put it to the test")
        return
    if words.held_back(about.upload.analyses[about.wanted].mask, about.card):
        findings = replace(findings, inside=None)
    from skinvision.faithfulness import judge  # with it comes torch, which is loaded by now

    with right:
        _verdict(judge(findings))
        if findings.randomised is None:
            st.caption(trial_words.LEFT_OUT)
            _offer(about, asked, "Measure them too", in_full=True)
    _measures(findings, _held_out(about, asked), about.card.title_of(about.target))


def _asked(about: Subject) -> Asked:
    name = st.selectbox(
        "Method",
        list(METHODS),
        index=list(METHODS).index(GRAD_CAM),
        format_func=lambda name: METHODS[name].title,
        key=key("tested_method"),
        persist_state="session",
        width=420,
    )
    return method_view.ask(about, name, about.stage)


def _map(about: Subject, asked: Asked) -> None:
    """The map itself; a slow one is made with the tests."""
    st.markdown(f"**{literal(METHODS[asked.method].title)}**")
    if not METHODS[asked.method].is_slow:
        from skinvision.ui import work  # with it comes torch, which is loaded by now

        work.attribute(about.upload, asked)
    if asked not in about.upload.maps:
        st.caption("This map is slow: it is made when it is put to the test.")
        return
    explanation = about.upload.maps[asked]
    mask = about.upload.analyses[about.wanted].mask
    drawn = method_view.map_jpeg(about, explanation, "tested map")
    st.image(drawn, alt=lab_words.map_alt(explanation, mask, about.card))
    st.caption(literal(f"{METHODS[asked.method].says} {about.lines_note}"))


def _offer(about: Subject, asked: Asked, title: str, *, in_full: bool = False) -> None:
    """The button that begins the tests, which take a while."""
    place = st.empty()
    with place.container():
        pressed = st.button(title, icon=":material/gavel:", type="primary", key=f"test_{asked}_{in_full}")
        st.caption(f"Takes {duration(_seconds(about, asked, in_full))}. Any click stops it.")
    if pressed:
        _examine(place, about, asked, in_full)
        st.rerun()


def _seconds(about: Subject, asked: Asked, in_full: bool) -> float:
    """How long the tests take, and the map where it is still to be made."""
    from skinvision.examine import passes  # with it comes torch, which is loaded by now

    width = models.widths(about.wanted.classifier)[about.stage]
    a_map = METHODS[asked.method].passes(width, about.card.above(about.stage))
    first = 0.0 if asked in about.upload.maps else a_map
    known = _has_references(about, asked)
    tests = passes(asked.method, with_references=not known, a_map=a_map, in_full=in_full)
    return (first + tests) * about.pass_s + _IMPUTING_S


def _has_references(about: Subject, asked: Asked) -> bool:
    from skinvision.ui import work  # with it comes torch, which is loaded by now

    return work.references(about.upload, asked) is not None


def _examine(place: DeltaGenerator, about: Subject, asked: Asked, in_full: bool) -> None:
    from skinvision.examine import portions  # with it comes torch, which is loaded by now
    from skinvision.ui import work

    if asked not in about.upload.maps:
        method_view.make(place, about, asked)
    known, width = _has_references(about, asked), models.widths(about.wanted.classifier)[about.stage]
    total = portions(about.card, asked.method, with_references=not known, in_full=in_full, channels=width)
    work.examine(about.upload, asked, progress.teller(place, total, f"test_{asked}"), in_full=in_full)


def _verdict(verdict: Verdict) -> None:
    box, icon = _CODES[verdict.code]
    box(f"**This heatmap is {verdict.code}.** {literal(verdict.headline)}", icon=icon)
    for reason in verdict.reasons:
        st.markdown(f"{trial_words.reason_title(reason)} {literal(reason.words)}")
    with st.expander("By what rule?"):
        from skinvision.faithfulness import RULE  # with it comes torch, which is loaded by now

        st.markdown(literal(RULE))


def _held_out(about: Subject, asked: Asked) -> InsideReport | None:
    """How much of the evidence lies inside held-out lesions, where that is known: for Grad-CAM at the last stage."""
    sweep = about.card.sweep
    if sweep is None or (asked.method, asked.stage) != (GRAD_CAM, about.card.stages[-1]):
        return None
    return sweep.inside.get(about.target)


def _measures(findings: Findings, held_out: InsideReport | None, title: str) -> None:
    grid = st.grid(2, min_column_width=340, gap="medium")
    with grid.cell():
        _inside(findings, held_out, title)
    for draw in (_curves, _randomisation, _stability, _road):
        with grid.cell():
            draw(findings)


def _inside(findings: Findings, held_out: InsideReport | None, title: str) -> None:
    found = findings.inside
    st.subheader("Evidence inside the lesion", anchor=False)
    st.caption(trial_words.INSIDE)
    if found is None or not trial_words.is_measurable(found.lesion_share):
        st.markdown("There is no positive evidence, or where the lesion is, is not known.")
        return
    columns = st.columns(3)
    columns[0].metric("Inside the lesion", words.percent(found.lesion_share))
    columns[1].metric("An even map", words.percent(found.area_share))
    columns[2].metric("Maximum", "inside" if found.pointing_hit else "outside")
    if held_out is None:
        st.caption(trial_words.NOT_COMPARED)
        return
    chart = inside_charts.inside_chart(found, held_out)
    st.plotly_chart(chart, config={"displayModeBar": False}, alt=trial_words.inside_alt(found, held_out))
    st.markdown(literal(trial_words.among_held_out(found.lesion_share, held_out, title)))


def _road(findings: Findings) -> None:
    road = findings.road
    if road is None:
        return
    st.subheader("Remove and debias (ROAD)", anchor=False)
    st.caption(trial_words.ROAD)
    columns = st.columns(3)
    columns[0].metric("Whole picture", words.percent(road.whole))
    columns[1].metric("Without the most relevant", words.percent(sum(road.without_most) / len(road.without_most)))
    columns[2].metric("Without the least", words.percent(sum(road.without_least) / len(road.without_least)))


def _curves(findings: Findings) -> None:
    if findings.compared is None:
        return
    st.subheader("Deletion and insertion", anchor=False)
    st.caption(trial_words.CURVES)
    chart = trial_charts.curves_chart(findings.compared)
    st.plotly_chart(chart, config={"displayModeBar": False}, alt=trial_words.curves_alt(findings))


def _randomisation(findings: Findings) -> None:
    found = findings.randomised
    if not found or not all(trial_words.is_measurable(each.rank_correlation) for each in found.values()):
        return
    from skinvision.faithfulness.verdict import UNCHANGED  # with it comes torch, which is loaded by now

    st.subheader("Randomisation", anchor=False)
    st.caption(trial_words.RANDOMISATION)
    chart = trial_charts.randomisation_chart(found, UNCHANGED)
    st.plotly_chart(chart, config={"displayModeBar": False}, alt=trial_words.randomisation_alt(findings))


def _stability(findings: Findings) -> None:
    found = findings.stability
    if found is None or not trial_words.is_measurable(found.to_small):
        return
    from skinvision.faithfulness.verdict import UNSTEADY  # with it comes torch, which is loaded by now

    st.subheader("Stability", anchor=False)
    st.caption(trial_words.STABILITY)
    chart = trial_charts.stability_chart(found, UNSTEADY)
    st.plotly_chart(chart, config={"displayModeBar": False}, alt=trial_words.stability_alt(found))
