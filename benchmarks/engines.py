"""One whole analysis (mask, prediction, maps of all classes) by OpenVINO against torch, and of a picture seen before.

In each precision that works here for both networks, and as the app does it: each model in the fastest precision in
which its card says that the answers are torch's (``ModelCard.parity``). It needs ``make openvino``.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import cycle

from benchmarks.measure import Figure, in_turns, median_ratio, options, pictures, show
from skinvision.models.engines import TorchBf16, equipped, openvino_engine, usable
from skinvision.models.memory import remembering
from skinvision.models.registry import DEFAULTS, LoadedModel, load
from skinvision.pipeline import Analyser
from skinvision.types import Case

TARGET = 0.45
_ALLOWED = "openvino, where it may be"


def main() -> None:
    chosen = options(__doc__, rounds=40)
    segmenter, classifier = models = load(DEFAULTS["segmentation"]), load(DEFAULTS["classification"])
    for_both = [precision for precision in usable(segmenter.card) if precision in usable(classifier.card)]
    kinds = {
        "torch": models,
        TorchBf16.name: [replace(model, engine=TorchBf16(model.network)) for model in models],
        **{f"openvino {precision}": [_by_openvino(model, precision) for model in models] for precision in for_both},
        _ALLOWED: [equipped(model, "openvino") for model in models],
        "seen before": [remembering(model) for model in models],
    }
    cases = pictures(4)
    times = in_turns({name: _analyses(kind, cases) for name, kind in kinds.items()}, chosen.rounds)
    medians = [Figure(f"{name}, median", statistics.median(taken), "ms") for name, taken in times.items()]
    ratios = [
        Figure(
            f"{name} / torch",
            median_ratio(taken, times["torch"]),
            "×",
            f"(target: at most {TARGET})" if name == _ALLOWED else "",
        )
        for name, taken in times.items()
        if name != "torch"
    ]
    show("Whole analysis by engine", [*medians, *ratios], chosen.json)


def _by_openvino(model: LoadedModel, precision: str) -> LoadedModel:
    return replace(model, engine=openvino_engine(model.card, precision))


def _analyses(models: Sequence[LoadedModel], cases: list[Case]) -> Callable[[], object]:
    """One picture after the other, over and over."""
    analyser, following = Analyser(*models), cycle(cases)
    return lambda: analyser.analyse(next(following))


if __name__ == "__main__":
    main()
