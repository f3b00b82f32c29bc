"""How good the models are: what their cards say, of all beside each other or of one in full."""

import streamlit as st

from skinvision.card import ModelCard
from skinvision.catalogue import DEFAULTS
from skinvision.errors import SkinvisionError
from skinvision.render.leaderboard import titles
from skinvision.render.study import is_told
from skinvision.ui import controls, frame, models, session


def _cards() -> list[ModelCard]:
    return [models.card(name) for task in reversed(DEFAULTS) for name in models.names(task)]


def _choice(named: dict[str, str]) -> str:
    return st.selectbox(
        "Model",
        list(named),
        format_func=named.__getitem__,
        key="evidence_model",
        persist_state="session",
        label_visibility="collapsed",
        width=420,
    )


def _study() -> tuple[ModelCard, ...]:
    try:
        return models.study()
    except SkinvisionError as error:
        st.warning(f"The experiments cannot be read: {session.literal(str(error))}.", icon=":material/warning:")
        return ()


frame.require()
st.title("How good are the models?", anchor=False)
st.markdown("Measured on held-out test pictures, which took no part in training or in any choice.")
try:
    cards = _cards()
except SkinvisionError as error:
    st.error(f"The cards cannot be read: {session.literal(str(error))}.", icon=":material/error:")
else:
    from skinvision.ui import experiments, leaderboard, scorecard  # with them comes plotly

    study = _study()
    view = controls.chosen_view("evidence", ["All models", "One model", *["Experiments"] * is_told(study)])
    if view == "All models":
        leaderboard.show(cards)
    elif view == "One model":
        scorecard.show(models.card(_choice(titles(cards))))
    else:
        experiments.show(study)
