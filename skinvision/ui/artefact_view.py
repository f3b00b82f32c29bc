"""Something is added to the picture that should not matter, as strongly as a slider says."""

from __future__ import annotations

import streamlit as st

from skinvision.render import stress_words
from skinvision.stress import ARTEFACTS, Artefact, artefact
from skinvision.ui import stressed
from skinvision.ui.session import key, literal
from skinvision.ui.subject import Subject

_MIDDLE = 50
_WITH_IT = "With it"


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
        stressed.notes(about, plain, after)
        row = st.grid(2, min_column_width=230)
        for title, analysis, key_ in ((stressed.AS_IT_IS, plain, None), (_WITH_IT, after, made)):
            with row.cell():
                st.markdown(f"**{title}**")
                stressed.pictures(about, analysis, title, key_)
        st.markdown(literal(stress_words.change_sentence(after, plain, about.card, about.target)))
        if plain.mask.box is None:
            st.caption("There is no outline to go by here: what would leave the lesion as it was changes all of it.")
        for note in stress_words.known(chosen, about.card):
            st.caption(literal(note))
    with right:
        st.markdown("**Probability**")
        stressed.probabilities(about, {stressed.AS_IT_IS: plain, _WITH_IT: after})


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
    if not chosen.is_random:
        return chosen, strength, 0
    seeds = key(f"seed_{name}")
    with row.cell():
        if st.button("Another one", icon=":material/casino:", width="stretch"):
            st.session_state[seeds] = st.session_state.get(seeds, 0) + 1
    return chosen, strength, st.session_state.get(seeds, 0)
