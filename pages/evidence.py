"""How good the models are: what their cards say."""

import streamlit as st

from skinvision.catalogue import DEFAULTS
from skinvision.errors import SkinvisionError
from skinvision.ui import frame, models, session


def _choice() -> str:
    names = [name for task in reversed(DEFAULTS) for name in models.names(task)]
    return st.segmented_control(
        "Model",
        names,
        format_func=lambda name: models.card(name).title,
        default=names[0],
        required=True,
        key="evidence_model",
        persist_state="session",
        label_visibility="collapsed",
    )


frame.require()
st.title("How good are the models?", anchor=False)
st.markdown("Measured on held-out pictures, which took no part in training or in any choice.")
try:
    chosen = models.card(_choice())
except SkinvisionError as error:
    st.error(f"The cards cannot be read: {session.literal(str(error))}.", icon=":material/error:")
else:
    from skinvision.ui import scorecard  # with it comes plotly

    scorecard.show(chosen)
