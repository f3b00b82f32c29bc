"""The Compare page with as many classifiers as it takes, against the bare forward passes of the networks that it asks.

A round brings a new picture and runs the page's script to its end: intake, outlines, maps, charts, words. The memory is
that of a process that has shown the page and done nothing else.
"""

from __future__ import annotations

import resource
import statistics
from typing import Any

from streamlit.testing.v1 import AppTest

from benchmarks.browser import ROOT, lesion
from benchmarks.measure import Figure, in_turns, median_ratio, options, pictures, show
from benchmarks.models import bare_pass
from skinvision.models.registry import load, names
from skinvision.ui.choice import MOST

TARGET, TARGET_GIB = 2.5, 2


def main() -> None:
    chosen = options(__doc__, rounds=15)
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120).run()
    app.switch_page("pages/compare.py").run()
    files = iter([lesion(seed) for seed in range(chosen.rounds + 3)])  # two to begin with, and one for the warm-up
    bring(app, next(files))
    classifiers = app.multiselect[0].set_value(app.multiselect[0].options[:MOST]).run().multiselect[0].value
    bring(app, next(files))
    gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20

    (case,) = pictures(1)
    asked = [load(name) for name in (*names("segmentation"), *classifiers)]
    passes = {f"  of it {model.card.name}": bare_pass(model, case) for model in asked}
    page = {"page": lambda: bring(app, next(files)), "bare passes": lambda: [run() for run in passes.values()]}
    times = in_turns(page | passes, chosen.rounds)
    ratio = median_ratio(times["page"], times["bare passes"])
    show(
        f"The Compare page with {len(classifiers)} classifiers and {len(names('segmentation'))} segmenters",
        [
            *(Figure(f"{name}, median", statistics.median(taken), "ms") for name, taken in times.items()),
            Figure("page / bare passes", ratio, "×", f"(target: at most {TARGET})"),
            Figure("peak memory", gib, "GiB", f"(target: under {TARGET_GIB})"),
        ],
        chosen.json,
    )


def bring(app: AppTest, file: dict[str, Any]) -> None:
    """A picture that the page has not seen yet, and the page with all about it."""
    app.file_uploader[0].set_value([(file["name"], file["buffer"], file["mimeType"])]).run()
    if app.exception:
        raise RuntimeError(app.exception[0].message)


if __name__ == "__main__":
    main()
