"""One whole analysis (mask, prediction, maps of all classes) against the two bare forward passes.

The bare passes get the tensors that the analysis makes for itself: same sizes, same memory order, ready made.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from itertools import cycle

import torch

from benchmarks.measure import Figure, in_turns, median_ratio, options, pictures, show
from skinvision.classify import classifier_input, region_of
from skinvision.models.inputs import as_input
from skinvision.models.registry import DEFAULTS, LoadedModel, load
from skinvision.pipeline import Analyser
from skinvision.segment import segment
from skinvision.types import Case

TARGET = 1.25


def main() -> None:
    chosen = options(__doc__, rounds=40)
    segmenter, classifier = load(DEFAULTS["segmentation"]), load(DEFAULTS["classification"])
    analyser = Analyser(segmenter, classifier)
    cases = pictures(4)
    steps: dict[str, list[float]] = {}

    def analyse(case: Case) -> None:
        for step, taken in analyser.analyse(case).timings_ms.items():
            steps.setdefault(step, []).append(taken)

    times = in_turns(
        {
            "bare": _over([bare_passes(segmenter, classifier, case) for case in cases]),
            "analyse": _over([lambda case=case: analyse(case) for case in cases]),
        },
        chosen.rounds,
    )
    medians = [Figure(f"{name}, median", statistics.median(taken), "ms") for name, taken in times.items()]
    parts = [Figure(f"  of it {step}", statistics.median(taken), "ms") for step, taken in steps.items()]
    ratio = median_ratio(times["analyse"], times["bare"])
    wanted = f"(target: at most {TARGET})"
    show(
        "Whole analysis against two bare forward passes",
        [*medians, *parts, Figure("ratio", ratio, "×", wanted)],
        chosen.json,
    )


def bare_passes(segmenter: LoadedModel, classifier: LoadedModel, case: Case) -> Callable[[], object]:
    """Both networks on ready tensors of ``case``."""
    region = region_of(classifier.card, case, segment(segmenter, case))
    whole, seen = (
        as_input(case.image, *segmenter.card.input_size, segmenter.card),
        classifier_input(classifier, case, region),
    )

    def run() -> tuple[torch.Tensor, torch.Tensor]:
        with torch.inference_mode():
            return segmenter.network(whole), classifier.network(seen)

    return run


def _over(calls: list[Callable[[], object]]) -> Callable[[], object]:
    """One of ``calls`` after the other, over and over."""
    following = cycle(calls)
    return lambda: next(following)()


if __name__ == "__main__":
    main()
