"""One picture, several classifiers or segmenters: what can be compared, as numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from skinvision.errors import ShapeMismatch
from skinvision.types import Analysis, Explanation, LesionMask


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What several classifiers of the same labels say of one picture.

    Attributes:
        names: (N,) what the classifiers are called, all different.
        analyses: (N,) of the same picture.

    Raises:
        ShapeMismatch: fewer than two analyses, names that do not fit them, or several pictures or sets of labels.
    """

    names: tuple[str, ...]
    analyses: tuple[Analysis, ...]

    def __post_init__(self) -> None:
        if not len(set(self.names)) == len(self.names) == len(self.analyses) >= 2:
            got = f"{len(self.analyses)} called {', '.join(self.names)}"
            raise ShapeMismatch("two analyses or more, each with a name of its own", got, "choose other models")
        alike = {(analysis.case.sha256, analysis.prediction.labels) for analysis in self.analyses}
        if len(alike) > 1:
            raise ShapeMismatch("analyses of one picture and the same labels", f"{len(alike)} kinds", "compare others")

    @property
    def labels(self) -> tuple[str, ...]:
        """Most probable first, by the mean of all."""
        return tuple(sorted(self.analyses[0].prediction.labels, key=self.mean_probability, reverse=True))

    def probabilities(self, label: str) -> tuple[float, ...]:
        """(N,) what each says of ``label``.

        Raises:
            UnknownName: no such label.
        """
        return tuple(analysis.prediction.probability(label) for analysis in self.analyses)

    def mean_probability(self, label: str) -> float:
        """The mean of what all say of ``label``; raises as ``probabilities``."""
        return float(np.mean(self.probabilities(label)))

    def spread(self, label: str) -> float:
        """The largest less the smallest probability of ``label``; raises as ``probabilities``."""
        return max(self.probabilities(label)) - min(self.probabilities(label))

    def explanations(self, label: str) -> tuple[Explanation, ...]:
        """(N,) the maps of ``label`` in one unit; see ``of_one_cell``.

        Raises:
            UnknownName: no such label.
        """
        return of_one_cell(analysis.explanation(label) for analysis in self.analyses)


def of_one_cell(explanations: Iterable[Explanation]) -> tuple[Explanation, ...]:
    """The same maps in logits per cell of one size: that of the largest cell among them.

    A cell of a fine grid, or of a grid over a small box, stands for less of the picture. With the same evidence in the
    same place, its logits per cell are fewer. Maps on one grid over one region stay as they are.
    """
    explanations = tuple(explanations)
    largest = max(map(cell_area, explanations), default=0.0)
    factors = (np.float32(largest / cell_area(explanation)) for explanation in explanations)
    return tuple(
        replace(explanation, activation_map=explanation.activation_map * factor)
        for explanation, factor in zip(explanations, factors, strict=True)
    )


def cell_area(explanation: Explanation) -> float:
    """How many pixels of the picture one cell of the map stands for."""
    return explanation.region.height * explanation.region.width / explanation.activation_map.size


def dice(one: LesionMask, other: LesionMask) -> float | None:
    """How far two masks of one picture overlap, 2 |A ∩ B| / (|A| + |B|), in [0, 1]; None where both are empty.

    Dice 1945.

    Raises:
        ShapeMismatch: masks of two sizes.
    """
    if one.probability.shape != other.probability.shape:
        expected, got = f"a mask of {one.probability.shape} px", f"{other.probability.shape} px"
        raise ShapeMismatch(expected, got, "compare masks of the same picture")
    area = int(one.binary.sum()) + int(other.binary.sum())
    return 2 * int((one.binary & other.binary).sum()) / area if area else None
