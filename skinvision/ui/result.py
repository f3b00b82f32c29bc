"""One picture's result: four pictures in a row, what they mean in words, and the downloads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import PurePath
from typing import Any

import streamlit as st

from skinvision.card import ModelCard
from skinvision.render import report, screen, words
from skinvision.render.charts import probability_chart
from skinvision.render.panel import panel
from skinvision.types import Analysis
from skinvision.ui import models, session
from skinvision.ui.controls import Settings
from skinvision.ui.session import Upload, literal

_WAITING_PX = 480  # about the height of the result to come, so that the page does not jump


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A result as it is put on the page: pictures as JPEG, the chart as a plotly figure.

    Attributes:
        card: of the classifier.
        target: the explained class.
        opacity: of tint and heatmap, in [0, 1].
        figures: as JSON.
    """

    analysis: Analysis
    card: ModelCard
    target: str
    opacity: float
    picture: bytes
    mask: bytes
    heatmap: bytes
    chart: Any
    figures: bytes


def draw(upload: Upload, settings: Settings) -> Drawn | None:
    """The result as it is to be shown; None where it is not there yet, or never will be.

    Only what the settings changed is drawn again, and no network runs.
    """
    if upload.reason or not upload.is_done(settings.wanted):
        return None
    wanted, threshold, opacity = settings.wanted, settings.threshold, settings.opacity
    analysis = upload.once("measured", (wanted, threshold), lambda: upload.analyses[wanted].at_threshold(threshold))
    card, target = models.card(wanted.classifier), settings.target or analysis.prediction.top
    return Drawn(
        analysis,
        card,
        target,
        opacity,
        picture=upload.once("picture", None, lambda: screen.picture_jpeg(analysis.case)),
        mask=upload.once("mask", (wanted, threshold, opacity), lambda: _outlined(analysis, card, opacity)),
        heatmap=upload.once(
            "heatmap",
            (wanted, threshold, target, opacity),
            lambda: screen.heatmap_jpeg(analysis, target, opacity, words.outline(analysis, card)),
        ),
        chart=upload.once("chart", (wanted, target), lambda: probability_chart(analysis.prediction, card, target)),
        figures=upload.once("figures", (wanted, threshold, target), lambda: _json(upload.name, analysis, target)),
    )


def _outlined(analysis: Analysis, card: ModelCard, opacity: float) -> bytes:
    if words.held_back(analysis.mask, card):
        return screen.picture_jpeg(analysis.case)
    return screen.mask_jpeg(analysis, opacity)


def show(upload: Upload, drawn: Drawn | None) -> None:
    """The result, the reason why there is none, or a sign that it is to come."""
    header(upload)
    if upload.reason:
        st.error(f"Not analysed: {literal(upload.reason)}.", icon=":material/image_not_supported:")
        _remove_button(upload)
    elif drawn is None and upload.held:
        st.info("Not analysed yet.", icon=":material/pause_circle:")
        _remove_button(upload)
    elif drawn is None:
        st.skeleton(_WAITING_PX)
    else:
        left, right = st.columns([9, 4])
        with left:
            _pictures(drawn)
            _meaning(drawn)
        with right:
            _probabilities(upload, drawn)
        with st.container(horizontal=True):
            _downloads(upload, drawn)
            _remove_button(upload)


def header(upload: Upload) -> None:
    """What the picture is called, and whether it is of our own making."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(literal(upload.name), anchor=False, width="content")
        if upload.synthetic:
            st.badge("synthetic", icon=":material/draw:", color="orange")
    if upload.also:
        st.caption(literal(words.same_files(upload.also)))


def _pictures(drawn: Drawn) -> None:
    analysis, card, target = drawn.analysis, drawn.card, drawn.target
    explanation = analysis.explanation(target)
    columns = st.columns(3)
    with columns[0]:
        _picture("Picture", drawn.picture, words.picture_alt(analysis.case))
    with columns[1]:
        _picture("Lesion mask", drawn.mask, words.mask_alt(analysis, card))
        if notice := words.outline_notice(analysis.mask, card):
            st.caption(literal(notice))
    with columns[2]:
        _picture("Heatmap", drawn.heatmap, words.heatmap_alt(analysis, card, target))
        method, stage = words.method_title(explanation.method), words.stage_title(explanation.stage, card.stages)
        lines = words.lines_note(words.outline(analysis, card), explanation)
        st.caption(literal(f"{method} for {card.title_of(target)}, {stage}. {lines}"))


def _picture(title: str, data: bytes, alt: str) -> None:
    st.markdown(f"**{title}**")
    st.image(data, alt=alt)


def _meaning(drawn: Drawn) -> None:
    analysis, card = drawn.analysis, drawn.card
    warning = words.outlier_warning(analysis.prediction, card)
    if warning:
        st.warning(literal(warning), icon=":material/warning:")
    st.markdown(literal(words.prediction_set_sentence(analysis.prediction, card)))
    if record := words.track_record(analysis.prediction, card):
        st.markdown(literal(record))
    st.markdown(literal(words.evidence_sentence(analysis, card, drawn.target)))
    if notes := words.notes(analysis.case):
        st.caption("  \n".join(f":material/info: {literal(note)}" for note in notes))


def _probabilities(upload: Upload, drawn: Drawn) -> None:
    st.markdown(f"**Probability** by {literal(models.title(drawn.card.name))}")
    st.plotly_chart(
        drawn.chart,
        key=f"chart_{upload.sha256}",
        config={"displayModeBar": False},
        alt=words.probabilities_alt(drawn.analysis.prediction, drawn.card),
    )


def _downloads(upload: Upload, drawn: Drawn) -> None:
    """The panel is drawn when it is asked for, not at each rerun. Streamlit may drop what was made so late before it is
    fetched, where many others use the app; figures are there beforehand, and stay.
    """
    stem = PurePath(upload.name).stem
    make_panel = partial(panel, drawn.analysis, drawn.card, drawn.target, drawn.opacity, upload.name)
    files = (
        ("Panel as PNG", f"{stem}_panel.png", "image/png", make_panel),
        ("Figures as JSON", f"{stem}.json", "application/json", drawn.figures),
    )
    for label, name, kind, data in files:
        key = f"{kind}_{upload.sha256}"
        st.download_button(label, data, name, kind, key=key, icon=":material/download:", on_click="ignore")


def _json(name: str, analysis: Analysis, target: str) -> bytes:
    return report.encode(report.document(name, analysis, target))


def _remove_button(upload: Upload) -> None:
    st.button(
        "Remove",
        icon=":material/close:",
        type="tertiary",
        key=f"remove_{upload.sha256}",
        on_click=session.remove,
        args=(upload.sha256,),
    )
