"""The Believe it? page below its ways in."""

from __future__ import annotations

from skinvision.ui import bench, trial_view, truth_view


def show() -> None:
    """Controls and the tests; raises as ``bench.show``."""
    bench.show("believe", {"Tests": trial_view.show, "Where the truth is known": truth_view.show})
