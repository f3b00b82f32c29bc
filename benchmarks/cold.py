"""Where the time goes from the app's first page to the first result: what the warm-up imports and loads, step by step.

Each round is a fresh process that does the same as ``ui.models.warm_up`` with torch as its engine, one step after the
other, and then analyses a picture twice. The app does all but the last steps while the first page is on the screen.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

from benchmarks.browser import ROOT
from benchmarks.measure import Figure, options, show

_STEPS = {
    "import torch": "import torch",
    "import torchvision": "import skinvision.models, torchvision",
    "import timm": "import timm",
    "import segmentation-models-pytorch": "import segmentation_models_pytorch",
    "import the rest of the core": "import skinvision.pipeline",
    "import what draws: OpenCV, plotly": "import skinvision.ui.gallery; from skinvision import phantom",
    "read, check and build the UNet": "segmenter = skinvision.pipeline.ready(DEFAULTS['segmentation'])",
    "read, check and build the classifier": "classifier = skinvision.pipeline.ready(DEFAULTS['classification'])",
    "import SymPy": "import torch.fx.experimental.symbolic_shapes",
    "draw two synthetic lesions": "cases = [phantom.as_case(phantom.draw(seed)) for seed in (1, 2)]",
    "the first analysis": "skinvision.pipeline.Analyser(segmenter, classifier).analyse(cases[0])",
    "the second analysis": "skinvision.pipeline.Analyser(segmenter, classifier).analyse(cases[1])",
}
_PROGRAM = """
import gc, json, sys, time
import streamlit
from skinvision.catalogue import DEFAULTS
from skinvision.compiler import without_compiler
taken = []
gc.disable()
with without_compiler():
    for step in json.loads(sys.argv[1]):
        started = time.perf_counter()
        exec(step)
        taken.append(time.perf_counter() - started)
print(json.dumps(taken))
"""


def main() -> None:
    chosen = options(__doc__ or "", rounds=5)
    rounds = [_once() for _ in range(chosen.rounds)]
    figures = [
        Figure(name, 1000 * statistics.median(taken), "ms")
        for name, taken in zip(_STEPS, zip(*rounds, strict=True), strict=True)
    ]
    total = Figure("all of it", 1000 * statistics.median(map(sum, rounds)), "ms")
    show("From the first page to the first result", [*figures, total], chosen.json)


def _once() -> list[float]:
    """Seconds of each step."""
    command = [sys.executable, "-c", _PROGRAM, json.dumps(list(_STEPS.values()))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    taken: list[float] = json.loads(done.stdout)
    return taken


if __name__ == "__main__":
    main()
