"""The Shortcuts page below its ways in."""

from __future__ import annotations

from skinvision.ui import artefact_view, bench, scene_view


def show() -> None:
    """Controls and the chosen view; raises as ``bench.show``."""
    bench.show("shortcuts", {"Take it apart": scene_view.show, "Add an artefact": artefact_view.show})
