"""One whole analysis (mask, prediction, maps of all classes) by OpenVINO against torch, and of a picture seen before.

OpenVINO in each precision that works here; which one the app uses is on the models' cards (``ModelCard.parity``). It
needs ``make openvino``.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle

from benchmarks.measure import Figure, in_turns, median_ratio, options, pictures, show
from skinvision.models.engines import TorchBf16, openvino_engine, usable
from skinvision.models.memory import remembering
from skinvision.models.registry import DEFAULTS, LoadedModel, load
from skinvision.pipeline import Analyser
from skinvision.types import Case

TARGET = 0.45


def main() -> None:
    chosen = options(__doc__, rounds=40)
    models = [load(DEFAULTS["segmentation"]), load(DEFAULTS["classification"])]
    kinds = {
        "torch": models,
        TorchBf16.name: [replace(model, engine=TorchBf16(model.network)) for model in models],
        **{f"openvino {precision}": [_by_openvino(model, precision) for model in models] for precision in usable()},
        "seen before": [remembering(model) for model in models],
    }
    cases = pictures(4)
    times = in_turns({name: _analyses(kind, cases) for name, kind in kinds.items()}, chosen.rounds)
    medians = [Figure(f"{name}, median", statistics.median(taken), "ms") for name, taken in times.items()]
    ratios = [
        Figure(f"{name} / torch", median_ratio(taken, times["torch"]), "×", _wanted(models, name))
        for name, taken in times.items()
        if name != "torch"
    ]
    show("Whole analysis by engine", [*medians, *ratios], chosen.json)


def _by_openvino(model: LoadedModel, precision: str) -> LoadedModel:
    return replace(model, engine=openvino_engine(model.card, precision))


def _analyses(models: list[LoadedModel], cases: list[Case]) -> Callable[[], object]:
    """One picture after the other, over and over."""
    analyser, following = Analyser(*models), cycle(cases)
    return lambda: analyser.analyse(next(following))


def _wanted(models: list[LoadedModel], name: str) -> str:
    if not name.startswith("openvino"):
        return ""
    found = [model.card.parity.get(name) for model in models]
    used = "same answers" if all(parity and parity.holds for parity in found) else "other answers: not used"
    return f"(target: at most {TARGET}; {used})"


if __name__ == "__main__":
    main()
