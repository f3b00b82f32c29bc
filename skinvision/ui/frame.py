"""What surrounds every page."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import streamlit as st

from skinvision.errors import Busy, SkinvisionError
from skinvision.ui.session import literal
from skinvision.worker import listening

BUSY = "Many pictures of other visitors are waiting. Nothing is lost: go on in half a minute."
_FRONT_DOOR = Path(__file__).parents[2] / "streamlit_app.py"
_framed = ContextVar("framed", default=False)

# Drawn here, because Streamlit fetches the Material icon of a page from another host.
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><circle cx="32" cy="32" r="32" fill="#E9B79A"/>'
    '<path d="M14 35c0-11 9-19 20-18s17 9 16 18-8 15-18 15-18-5-18-15z" fill="#7A4630"/>'
    '<circle cx="38" cy="31" r="7" fill="#FDE725"/><circle cx="38" cy="31" r="11" fill="none" '
    'stroke="#35B779" stroke-width="4"/></svg>'
)
# The tools of a canvas float above it. On a large screen the controls stay in sight, so that their effect on a picture
# further down can be watched. A chart needs more room beside the pictures than Streamlit leaves it on a small screen.
# Streamlit draws the letters of charts in a grey that a projector swallows, and those of a primary button or of what
# was chosen white on any colour.
_STYLE = """
<style>
.stMainBlockContainer { padding-left: clamp(1rem, 4vw, 5rem); padding-right: clamp(1rem, 4vw, 5rem); }
@media (min-width: 900px) and (min-height: 640px) {
  [data-testid="stLayoutWrapper"]:has(> .st-key-controls) {
    position: sticky; top: 3.75rem; z-index: 5; padding: 0.25rem 0 0.5rem;
    backdrop-filter: blur(14px); background: light-dark(rgb(255 255 255 / 80%), rgb(17 22 28 / 80%));
  }
}
.st-key-canvas { padding-top: 1.5rem; }
@media (min-width: 1100px) {
  .st-key-canvas { zoom: 1.6; }
}
@media (min-width: 861px) {
  [data-testid="stHorizontalBlock"]:has(> [data-testid="stColumn"] .stPlotlyChart) { flex-wrap: nowrap; }
  [data-testid="stColumn"]:has(.stPlotlyChart) { min-width: 20rem; }
}
@media (max-width: 860px) {
  [data-testid="stColumn"]:has(.stPlotlyChart) { min-width: calc(100% - 1.5rem); }
}
[data-testid="stBaseButton-primary"] *, .stMultiSelect [data-tag] * {
  color: light-dark(#FFFFFF, #0B1016);
}
.stPlotlyChart .main-svg text:not(.hoverlayer text, .heatmaplayer text) { fill: currentColor !important; }
</style>
"""


@contextmanager
def around() -> Iterator[None]:
    """Within it, ``require`` knows that the page has its frame."""
    token = _framed.set(True)
    try:
        yield
    finally:
        _framed.reset(token)


def queued(ahead: int) -> str:
    """One's place in the queue."""
    return f"{ahead} ahead in the queue"


@contextmanager
def telling(trouble: str) -> Iterator[None]:
    """Within it, an error becomes a sentence that begins with ``trouble``, or an invitation to wait; and whoever waits
    in the queue sees the own place in it.
    """
    place = st.empty()

    def told(ahead: int) -> None:
        if ahead:
            place.caption(queued(ahead))
        else:
            place.empty()

    try:
        with listening(told):
            yield
        place.empty()
    except Busy:
        place.empty()
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(BUSY)
            st.button("Try again", icon=":material/refresh:")
    except SkinvisionError as error:
        place.empty()
        st.error(f"{trouble}: {literal(str(error))}.", icon=":material/error:")


def require() -> None:
    """At the top of a page: where Streamlit runs it by itself, run the front door, with the page in it, instead."""
    if not _framed.get():
        runpy.run_path(str(_FRONT_DOOR), run_name="__main__")
        st.stop()


def style() -> None:
    st.html(_STYLE)


def footer() -> None:
    st.caption("Teaching only — not a medical device. It does not diagnose: see a doctor about a skin change.")
