"""The Compare page with as many classifiers as it takes, against the bare forward passes of the networks that it asks.

A round brings a new picture and runs the page's script to its end: intake, outlines, maps, charts, words. Page and bare
passes are run by the same engine. The memory is that of a process that has shown the page and done nothing else, first
with so many classifiers, then with every one that can be chosen.
"""

from __future__ import annotations

import os
import resource
import statistics
from typing import Any

from streamlit.testing.v1 import AppTest

from benchmarks.browser import ROOT, lesion
from benchmarks.measure import Figure, in_turns, median_ratio, options, pictures, show
from benchmarks.models import bare_pass
from skinvision.models.engines import ENGINES, equipped
from skinvision.models.registry import load, names
from skinvision.ui.choice import MOST

TARGET, TARGET_GIB = 2.5, 2


def main() -> None:
    more = {"--engine": {"choices": ENGINES, "default": "torch", "help": "what runs the networks (default: torch)"}}
    chosen = options(__doc__, rounds=15, more=more)
    os.environ["SKINVISION_ENGINE"] = chosen.engine
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120).run()
    app.switch_page("pages/compare.py").run()
    files = iter([lesion(seed) for seed in range(chosen.rounds + 3)])  # two to begin with, and one for the warm-up
    bring(app, next(files))
    classifiers = app.multiselect[0].set_value(app.multiselect[0].options[:MOST]).run().multiselect[0].value
    bring(app, next(files))
    memory = {f"peak memory with {len(classifiers)} classifiers": peak_gib()}
    offered = app.multiselect[0].options
    for start in range(MOST - 1, len(offered) - 1, MOST - 1):  # the last one again: it takes two to compare
        app.multiselect[0].set_value(offered[start : start + MOST]).run()
    memory[f"peak memory with all {len(offered)}, one after the other"] = peak_gib()
    app.multiselect[0].set_value(offered[:MOST]).run()

    (case,) = pictures(1)
    asked = [equipped(load(name), chosen.engine) for name in (*names("segmentation"), *classifiers)]
    passes = {f"  of it {model.card.name}, {model.engine_name}": bare_pass(model, case) for model in asked}
    page = {"page": lambda: bring(app, next(files)), "bare passes": lambda: [run() for run in passes.values()]}
    times = in_turns(page | passes, chosen.rounds)
    ratio = median_ratio(times["page"], times["bare passes"])
    show(
        f"The Compare page with {len(classifiers)} classifiers and {len(names('segmentation'))} segmenters, by "
        f"{chosen.engine}",
        [
            *(Figure(f"{name}, median", statistics.median(taken), "ms") for name, taken in times.items()),
            Figure("page / bare passes", ratio, "×", f"(target: at most {TARGET})"),
            *(Figure(name, gib, "GiB", f"(target: under {TARGET_GIB})") for name, gib in memory.items()),
        ],
        chosen.json,
    )


def peak_gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def bring(app: AppTest, file: dict[str, Any]) -> None:
    """A picture that the page has not seen yet, and the page with all about it."""
    app.file_uploader[0].set_value([(file["name"], file["buffer"], file["mimeType"])]).run()
    if app.exception:
        raise RuntimeError(app.exception[0].message)


if __name__ == "__main__":
    main()
