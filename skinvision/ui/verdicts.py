"""What several classifiers say of one picture: in words, as bars, and as heatmaps on one scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from skinvision.card import ModelCard
from skinvision.comparison import Comparison
from skinvision.render import agreement, screen, words
from skinvision.render.charts import PALETTE, comparison_chart
from skinvision.render.overlays import shared_scale
from skinvision.types import Case, Explanation, LesionMask
from skinvision.ui import cards, models
from skinvision.ui.choice import Choice
from skinvision.ui.session import literal

_OPACITY = 0.6
_WAITING_PX = 1000  # about the height of what is to come, so that the page does not jump


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """The comparison as it is put on the page.

    Attributes:
        models: (N,) names in the registry.
        card: of one of them; all have the same labels.
        target: the explained class.
        explanations: (N,) maps of the target, in one unit.
        outline: upon all of them, since one segmenter serves every network; None where none may be shown.
        picture, heatmaps: JPEG; (N,) heatmaps on one scale.
        chart: a plotly figure.
    """

    models: tuple[str, ...]
    comparison: Comparison
    card: ModelCard
    target: str
    explanations: tuple[Explanation, ...]
    outline: LesionMask | None
    picture: bytes
    heatmaps: tuple[bytes, ...]
    chart: Any


def draw(choice: Choice) -> Verdicts | None:
    """What those say that have looked already; None where they are fewer than two. No network runs."""
    upload = choice.upload
    done = tuple(wanted for wanted in choice.wanted if wanted in upload.analyses)
    if len(done) < 2:
        return None
    analyses = tuple(upload.analyses[wanted] for wanted in done)
    names, case = tuple(wanted.classifier for wanted in done), analyses[0].case
    comparison, card = Comparison(tuple(map(models.title, names)), analyses), models.card(names[0])
    target = choice.target or comparison.labels[0]
    maps, outline = comparison.explanations(target), words.outline(analyses[0], card)
    return Verdicts(
        names,
        comparison,
        card,
        target,
        maps,
        outline,
        picture=upload.once("picture", None, lambda: screen.picture_jpeg(case)),
        heatmaps=upload.once("compared", (done, target), lambda: _heatmaps(case, maps, outline)),
        chart=comparison_chart(comparison, card),
    )


def _heatmaps(case: Case, maps: tuple[Explanation, ...], outline: LesionMask | None) -> tuple[bytes, ...]:
    scale = shared_scale(maps)
    return tuple(screen.evidence_jpeg(case, each, scale, _OPACITY, outline) for each in maps)


def show(choice: Choice, verdicts: Verdicts | None) -> None:
    """The verdicts, the reason why there are none, or a sign that they are to come."""
    if len(choice.offered) < 2:
        only = literal(models.title(choice.offered[0]))
        st.info(f"Only one network that names the disease is installed, {only}: there is no other to compare it with.")
    elif len(choice.wanted) < 2:
        st.info("Choose two networks or more, and you see here what each of them says.", icon=":material/checklist:")
    elif verdicts is None:
        st.skeleton(_WAITING_PX)
    else:
        _said(choice, verdicts)
        _evidence(verdicts)


def _said(choice: Choice, verdicts: Verdicts) -> None:
    left, right = st.columns([5, 6], gap="medium")
    with left:
        st.markdown("**Picture**")
        st.image(verdicts.picture, alt=words.picture_alt(verdicts.comparison.analyses[0].case))
        _meaning(verdicts)
    with right:
        st.markdown("**Probability**")
        st.plotly_chart(
            verdicts.chart,
            key=f"compared_{choice.upload.sha256}_{verdicts.models}",
            config={"displayModeBar": False},
            alt=agreement.probabilities_alt(verdicts.comparison, verdicts.card),
        )


def _meaning(verdicts: Verdicts) -> None:
    comparison, card = verdicts.comparison, verdicts.card
    if warning := agreement.strangeness_warning(comparison):
        st.warning(literal(warning), icon=":material/warning:")
    st.markdown(f"**{literal(agreement.verdict_sentence(comparison, card))}**")
    st.markdown(literal(agreement.sets_sentence(comparison, card)))
    st.markdown(literal(agreement.difference_sentence(comparison, card)))
    st.caption(agreement.NO_PROOF)


def _evidence(verdicts: Verdicts) -> None:
    comparison, card, target = verdicts.comparison, verdicts.card, verdicts.target
    st.subheader(f"Evidence for {literal(card.title_of(target))}", anchor=False)
    row = st.grid(len(verdicts.models), min_column_width=260)
    for index, analysis in enumerate(comparison.analyses):
        alt = agreement.heatmap_alt(comparison.names[index], verdicts.explanations[index], analysis.mask, card)
        with row.cell():
            cards.name_plate(verdicts.models[index], PALETTE[index])
            st.image(verdicts.heatmaps[index], alt=alt)
            st.caption(literal(agreement.evidence_note(analysis, target)))
    lines = words.lines_note(verdicts.outline, *verdicts.explanations)
    st.caption(f"{agreement.scale_sentence(comparison, target)} {lines}")
