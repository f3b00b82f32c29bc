"""How far the work is: a line beside the button that clears everything."""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from skinvision.render.durations import duration
from skinvision.ui import session


def line() -> DeltaGenerator:
    """The place to say it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        status = st.container(width="stretch").empty()
        st.button("Clear everything", icon=":material/delete_sweep:", on_click=session.clear)
    return status


def teller(place: DeltaGenerator, total: int, name: str) -> Callable[[int], None]:
    """A bar for work in ``total`` portions, over a button that stops it: any click makes Streamlit leave the page.

    Args:
        name: of the work, for the button.

    Returns:
        To be called with the number of portions that are done.
    """
    with place.container():
        bar = st.progress(0.0, "Begins …")
        st.button("Stop", icon=":material/stop_circle:", key=f"stop_{name}")
    begun = time.monotonic()

    def told(done: int) -> None:
        left = (time.monotonic() - begun) / done * (total - done)
        bar.progress(min(done / total, 1.0), f"{done} of {total}, {duration(left)} left")

    return told


def tell(status: DeltaGenerator, doing: str, done: int, total: int) -> None:
    status.progress(done / total, f"{doing}: {done} of {total} done")
