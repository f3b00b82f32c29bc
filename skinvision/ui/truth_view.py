"""Lesions in which it is known what decides: do the maps find it?"""

from __future__ import annotations

from typing import Any, NamedTuple

import streamlit as st

from skinvision import phantom
from skinvision.card import ModelCard
from skinvision.catalogue import KNOWN_TRUTH
from skinvision.methods import METHODS, ON_PICTURE
from skinvision.phantom import Feature
from skinvision.render import lab_words, screen, trial_words, words
from skinvision.render.interval_charts import truth_chart
from skinvision.types import Analysis, Explanation
from skinvision.ui import controls, models
from skinvision.ui.session import key, literal

_OPACITY = 0.6
_FIRST_SEED = 2_000_000  # none that the network learnt from, nor any that its card speaks of
_SIZE = (300, 400)  # px
_WAITING_PX = 640  # about the height of the maps, so that the page does not jump
_KEPT = "known_truth"


class _Made(NamedTuple):
    """A lesion with its feature in the place of the mask, maps of it, and what share of guesses is on the feature."""

    analysis: Analysis
    maps: tuple[Explanation, ...]
    guesses: dict[str, float]


def show() -> None:
    """A lesion drawn for this, its maps beside where the truth is, and how well each method does on many.

    Raises:
        UnknownName, WeightsRejected: the models' files are missing or were changed.
    """
    st.caption(trial_words.KNOWN_TRUTH)
    if KNOWN_TRUTH not in models.names("classification"):
        st.info("The network that learnt from synthetic lesions is not installed.", icon=":material/info:")
        return
    card = models.card(KNOWN_TRUTH)
    feature, seed, stage = _chosen(card)
    place = st.empty()
    place.skeleton(_WAITING_PX)
    made = _explained(feature, seed, stage)
    with place.container(border=True):
        _pictures(made, feature)
    if card.truth:
        maps, guesses = {**card.truth.maps[stage], **card.truth.maps[ON_PICTURE]}, card.truth.guesses
        st.subheader(f"On many such lesions, {words.stage_title(stage, card.stages)}", anchor=False)
        st.caption(trial_words.truth_reading(card.truth))
        chart = truth_chart(maps, guesses)
        st.plotly_chart(chart, config={"displayModeBar": False}, alt=trial_words.truth_alt(maps, guesses))


def _chosen(card: ModelCard) -> tuple[Feature, int, str]:
    """Which feature decides, which lesion it is drawn into, and at which stage maps are made."""
    named, seeds = dict(zip(phantom.FEATURES, card.titles, strict=True)), key("truth_seed")
    row = st.grid(3, min_column_width=190, vertical_alignment="bottom")
    with row.cell():
        feature = st.selectbox(
            "What decides",
            phantom.FEATURES,
            format_func=named.__getitem__,
            key=key("truth_feature"),
            persist_state="session",
        )
    with row.cell():
        stage = controls.chosen_stage(card, "Stage of the small network", first=-2)
    with row.cell():
        if st.button("Another lesion", icon=":material/casino:", width="stretch"):
            st.session_state[seeds] = st.session_state.get(seeds, 0) + 1
    return feature, _FIRST_SEED + st.session_state.get(seeds, 0), stage


def _explained(feature: Feature, seed: int, stage: str) -> _Made:
    """The lesion with its feature in the place of the mask, and the maps of the quick methods; kept for reruns."""
    kept: dict[str, Any] = st.session_state.setdefault(_KEPT, {})
    if kept.get("of") != (feature, seed, stage):
        kept.update(of=(feature, seed, stage), made=_make(feature, seed, stage))
    made: _Made = kept["made"]
    return made


def _make(feature: Feature, seed: int, stage: str) -> _Made:
    from skinvision.faithfulness import guesses  # with it comes torch, which is needed from here on

    drawn = phantom.lesson(seed, *_SIZE, feature)
    analyser = models.analyser(models.names("segmentation")[0], KNOWN_TRUTH)
    analysis = analyser.analyse(phantom.as_case(drawn), mask=phantom.feature_mask(drawn))
    quick = (method for method in METHODS.values() if not method.is_slow)
    maps = tuple(analyser.attribute(analysis, method.name, stage, feature) for method in quick)
    known = guesses(drawn.mask, analysis.mask.binary)
    return _Made(analysis, maps, {name: guess.share for name, guess in known.items()})


def _pictures(made: _Made, feature: str) -> None:
    card, (analysis, maps, guesses) = models.card(KNOWN_TRUTH), made
    st.markdown(literal(trial_words.named(analysis.prediction, card, feature)))
    row = st.grid(1 + len(maps), min_column_width=230)
    with row.cell():
        st.markdown("**Where the truth is**")
        st.image(screen.mask_jpeg(analysis, _OPACITY), alt=f"The lesion with its feature outlined: {feature}")
        st.caption(literal(f"Synthetic. The outline upon each map is the feature's. {trial_words.guessed(guesses)}"))
    for explanation in maps:
        with row.cell():
            st.markdown(f"**{literal(METHODS[explanation.method].title)}**")
            jpeg = screen.small_evidence_jpeg(
                analysis.case,
                explanation,
                explanation.peak,
                _OPACITY,
                analysis.mask,
                lab_words.unit(explanation.method),
            )
            st.image(jpeg, alt=lab_words.map_alt(explanation, analysis.mask, card, "the feature"))
            st.caption(literal(trial_words.found(explanation.lesion_share, guesses)))
