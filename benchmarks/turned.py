"""Do maps lie where the evidence is? Those of a lesion and of the same lesion turned by 180° must cover each other.

For each stage of each classifier: the correlation of the evidence for the predicted class with that of the turned
picture, turned back; with the places at which the cells look, as the card says, and as if they looked at the middle of
their squares. Classifiers that look at every picture both ways up are left out: theirs are the same maps by
construction.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import Figure, options, pictures, show
from skinvision.geometry import crop
from skinvision.models import registry
from skinvision.pipeline import Analyser
from skinvision.types import Analysis, Case, Explanation

PICTURES = 12


def main() -> None:
    chosen = options(__doc__, rounds=1)
    figures, cases = [], pictures(PICTURES)
    for name in (each for each in registry.names("classification") if registry.read_card(each).looks == 1):
        analyser = Analyser.load(classifier=name)
        pairs = [[analyser.analyse(one) for one in (case, _turned_case(case))] for case in cases]
        for stage in analyser.classifier_card.stages:
            found = np.mean([agreement(*(analyser.explain(one, stage) for one in pair)) for pair in pairs], axis=0)
            for value, how in zip(found, ("where the cells look", "middle of the square"), strict=True):
                figures.append(Figure(f"{name}, {stage}, {how}", float(value), ""))
    show("Maps of a picture and of the same picture turned: their correlation", figures, chosen.json)


def agreement(one: Analysis, of_turned: Analysis) -> tuple[float, float]:
    """Correlation of the two maps with the card's offset and without one."""
    label = one.prediction.top
    maps = [analysis.explanation(label) for analysis in (one, of_turned)]
    return _correlation(*maps), _correlation(*(replace(one, offset=0.0) for one in maps))


def _correlation(one: Explanation, of_turned: Explanation) -> float:
    """Over what both views have in common; 0 where one has no evidence there."""
    both = _seen(one) & _turned(_seen(of_turned))
    found = [evidence[both] for evidence in (one.evidence, _turned(of_turned.evidence))]
    return float(np.corrcoef(found)[0, 1]) if all(values.std() for values in found) else 0.0


def _seen(explanation: Explanation) -> NDArray[np.bool_]:
    """(H, W): where the network looked."""
    everywhere = np.zeros((explanation.height, explanation.width), bool)
    crop(everywhere, explanation.region)[...] = True
    return everywhere


def _turned_case(case: Case) -> Case:
    return replace(case, image=_turned(case.image))


def _turned(array: NDArray[Any]) -> NDArray[Any]:
    return array[::-1, ::-1]


if __name__ == "__main__":
    main()
