"""Something is added to the picture that should not matter, as strongly as a slider says."""

from __future__ import annotations

from functools import partial

import streamlit as st

from skinvision.render import screen, stress_words, words
from skinvision.render.charts import grouped_chart
from skinvision.stress import ARTEFACTS, Artefact, artefact
from skinvision.types import Analysis
from skinvision.ui import stressed
from skinvision.ui.session import key, literal
from skinvision.ui.subject import Subject

_MIDDLE = 50


def show(about: Subject) -> None:
    """The artefact and its strength, the picture before and after, and what the network says of both."""
    chosen, strength, seed = _chosen()
    plain = stressed.as_it_is(about)
    made = (chosen.name, strength, seed)
    after = stressed.under(
        about, "artefact", made, lambda picture: chosen.apply(picture.image, picture.lesion, strength / 100, seed)
    )
    left, right = st.columns([6, 4], gap="medium")
    with left:
        _pictures(about, plain, after, made)
        st.markdown(literal(stress_words.change_sentence(after, plain, about.card, about.target)))
        if chosen.note:
            st.caption(literal(chosen.note))
    with right:
        _probabilities(about, plain, after)


def _chosen() -> tuple[Artefact, int, int]:
    """The artefact, its strength in percent, and which one of its kind."""
    row = st.grid(3, min_column_width=190, vertical_alignment="bottom")
    with row.cell():
        name = st.selectbox(
            "What is added or done",
            [each.name for each in ARTEFACTS],
            format_func=lambda name: artefact(name).title,
            key=key("artefact"),
            persist_state="session",
        )
    chosen = artefact(name)
    with row.cell():
        strength = st.slider(
            "How strongly",
            round(100 * chosen.low),
            round(100 * chosen.high),
            _MIDDLE,
            5,
            format="%d %%",
            help=stress_words.strength_help(chosen),
            key=key(f"strength_{name}"),
            persist_state="session",
        )
    seeds = key(f"seed_{name}")
    with row.cell():
        if st.button("Another one", icon=":material/casino:", width="stretch"):
            st.session_state[seeds] = st.session_state.get(seeds, 0) + 1
    return chosen, strength, st.session_state.get(seeds, 0)


def _pictures(about: Subject, plain: Analysis, after: Analysis, made: tuple[str, int, int]) -> None:
    row = st.grid(2, min_column_width=230)
    for title, analysis, which in ((stressed.AS_IT_IS, plain, None), ("With it", after, made)):
        with row.cell():
            st.markdown(f"**{title}**")
            st.image(
                about.upload.once(f"plain {title}", which, partial(screen.small_picture_jpeg, analysis.case)),
                alt=f"{title}. {words.picture_alt(analysis.case)}",
            )
            st.image(
                stressed.heatmap_jpeg(about, analysis, f"artefact {title}", which),
                alt=f"{title}. {words.heatmap_alt(analysis, about.card, about.target)}",
            )


def _probabilities(about: Subject, plain: Analysis, after: Analysis) -> None:
    predictions = {stressed.AS_IT_IS: plain.prediction, "With it": after.prediction}
    labels = sorted(about.card.labels, key=plain.prediction.probability, reverse=True)
    st.markdown("**Probability**")
    st.plotly_chart(
        grouped_chart(predictions, labels, about.card),
        key=f"artefact_{about.upload.sha256}",
        config={"displayModeBar": False},
        alt=stress_words.probabilities_alt(predictions, labels, about.card),
    )
