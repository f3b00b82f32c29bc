"""How far the work is: a line beside the button that clears everything."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from skinvision.ui import session


def line() -> DeltaGenerator:
    """The place to say it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        status = st.container(width="stretch").empty()
        st.button("Clear everything", icon=":material/delete_sweep:", on_click=session.clear)
    return status


def tell(status: DeltaGenerator, doing: str, done: int, total: int) -> None:
    status.progress(done / total, f"{doing}: {done} of {total} done")
