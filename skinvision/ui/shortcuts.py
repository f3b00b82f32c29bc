"""The Shortcuts page below its ways in."""

from __future__ import annotations

from skinvision.render import stress_words
from skinvision.ui import artefact_view, bench, brush_view, scene_view


def show() -> None:
    """Controls and the chosen view; raises as ``bench.show``."""
    views = {
        "Take it apart": scene_view.show,
        "Add an artefact": artefact_view.show,
        stress_words.PAINT: brush_view.show,
    }
    bench.show("shortcuts", views, by_hand=True)
