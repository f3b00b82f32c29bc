"""The Explain page below its ways in."""

from __future__ import annotations

from skinvision.ui import bench, channel_view, method_view, stage_view


def show() -> None:
    """Controls and the chosen view; raises as ``bench.show``."""
    bench.show(
        "explain",
        {
            "Methods": method_view.show,
            "Through the network": stage_view.show,
            "How a Grad-CAM is made": channel_view.show,
        },
    )
