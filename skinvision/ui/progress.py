"""How far the work is: a line beside the button that clears everything."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from skinvision.render.durations import duration
from skinvision.ui import frame, session


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


@dataclass(slots=True)
class Steps:
    """A bar for ``total`` steps, in one ``place``.

    Attributes:
        doing: what is done in each of them.
    """

    place: DeltaGenerator
    doing: str
    total: int
    done: int = 0

    def tell(self, ahead: int = 0) -> None:
        """How far it is, and how many others are ``ahead`` in the queue."""
        queue = f" · {frame.queued(ahead)}" if ahead else ""
        self.place.progress(self.done / self.total, f"{self.doing}: {self.done} of {self.total} done{queue}")

    def step(self) -> None:
        """One more is done."""
        self.done += 1
        self.tell()
