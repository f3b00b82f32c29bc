"""Everything that flows, as frozen dataclasses. Shapes are checked at construction and arrays are made read-only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skinvision.errors import ShapeMismatch, UnknownName
from skinvision.geometry import Box, bounding_box, extent, gather, place


def _sealed(array: NDArray[Any], name: str, dtype: type, ndim: int) -> NDArray[Any]:
    """``array`` read-only, after a check of its dtype and number of axes."""
    if array.dtype != dtype or array.ndim != ndim:
        expected = f"{name} as {np.dtype(dtype).name} with {ndim} axes"
        raise ShapeMismatch(expected, f"{array.dtype.name} of shape {array.shape}", "convert the array first")
    sealed = array.view()
    sealed.flags.writeable = False
    return sealed


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Case:
    """An accepted picture. Never the file name, never EXIF.

    Attributes:
        image: (H, W, 3) uint8 sRGB, upright.
        sha256: hexadecimal SHA-256 of the uploaded bytes.
        notes: sentences about what intake had to change.
        quality: codes of what may spoil the analysis, keys of ``intake.QUALITY``.
    """

    image: NDArray[np.uint8]
    sha256: str
    notes: tuple[str, ...] = ()
    quality: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "image", _sealed(self.image, "image", np.uint8, 3))
        if self.image.shape[2] != 3:
            raise ShapeMismatch("image (H, W, 3)", str(self.image.shape), "convert the picture to RGB")

    @property
    def height(self) -> int:
        return int(self.image.shape[0])

    @property
    def width(self) -> int:
        return int(self.image.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class LesionMask:
    """Where the lesion is.

    Attributes:
        probability: (H, W) float32 in [0, 1], of the picture's own size.
        threshold: a pixel belongs to the lesion where its probability is at least this, in (0, 1).
        by_hand: whether a person drew it.
    """

    probability: NDArray[np.float32]
    threshold: float = 0.5
    by_hand: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "probability", _sealed(self.probability, "probability", np.float32, 2))
        if not 0 < self.threshold < 1:
            raise ShapeMismatch("a threshold between 0 and 1", str(self.threshold), "choose another threshold")

    @property
    def binary(self) -> NDArray[np.bool_]:
        """(H, W) bool, true inside the lesion."""
        return self.probability >= self.threshold

    @property
    def area_fraction(self) -> float:
        """The lesion's share of the picture, in [0, 1]."""
        return float(self.binary.mean())

    @property
    def edge_fraction(self) -> float:
        """Of the pixels along the picture's edge, those inside the lesion, in [0, 1]."""
        inside = self.binary
        return float(np.concatenate([inside[0], inside[-1], inside[:, 0], inside[:, -1]]).mean())

    @property
    def box(self) -> Box | None:
        """The smallest box around the lesion; None where nothing reaches the threshold."""
        return bounding_box(self.binary)

    def at(self, threshold: float) -> LesionMask:
        """The same probabilities under another threshold."""
        return replace(self, threshold=threshold)


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What the classifier says.

    Attributes:
        labels: (K,) short class names, in the card's order.
        logits: (K,) float32.
        probabilities: (K,) float32, softmax(logits / temperature), sums to 1.
        prediction_set: labels that together hold the answer with the card's coverage, most probable first.
        in_distribution: whether the picture looks like what the model was trained on.
        ood_score: distance in feature space; larger is stranger.
    """

    labels: tuple[str, ...]
    logits: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    prediction_set: tuple[str, ...]
    in_distribution: bool
    ood_score: float

    def __post_init__(self) -> None:
        for name in ("logits", "probabilities"):
            array = _sealed(getattr(self, name), name, np.float32, 1)
            if len(array) != len(self.labels):
                raise ShapeMismatch(f"{len(self.labels)} {name}", str(len(array)), "give one value per label")
            object.__setattr__(self, name, array)

    @property
    def top(self) -> str:
        """The predicted label: the one with the largest logit."""
        return self.labels[int(self.logits.argmax())]

    def probability(self, label: str) -> float:
        """The probability of ``label``.

        Raises:
            UnknownName: no such label.
        """
        if label not in self.labels:
            raise UnknownName.among("label", label, self.labels)
        return float(self.probabilities[self.labels.index(label)])


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """Where one class's evidence lies.

    Attributes:
        target: the explained label.
        method: name of the method, such as ``"grad-cam"``.
        stage: the network stage whose activations were weighed.
        activation_map: (h, w) float32, the un-rectified map in logits per cell, on the stage's own grid. At the last
            stage of a pooled linear head it adds up to ``logit − bias``.
        region: the box of the picture that the network saw.
        height, width: of the picture, px.
        offset: how far to the right and down of the middle of its square a cell looks, in cells.
        lesion_share: part of the positive evidence that lies inside the lesion, in [0, 1]; NaN without evidence.
    """

    target: str
    method: str
    stage: str
    activation_map: NDArray[np.float32]
    region: Box
    height: int
    width: int
    offset: float = 0.0
    lesion_share: float = float("nan")

    def __post_init__(self) -> None:
        sealed = _sealed(self.activation_map, "activation_map", np.float32, 2)
        object.__setattr__(self, "activation_map", sealed)
        if self.region.x1 > self.width or self.region.y1 > self.height:
            expected = f"a region inside {self.height} × {self.width} px"
            raise ShapeMismatch(expected, repr(self.region.as_tuple()), "clip the box first")

    @property
    def evidence(self) -> NDArray[np.float32]:
        """(H, W) float32 ≥ 0 in logits per cell, over the whole picture; 0 outside the region.

        Computed at each call, so that an analysis of a 40-megapixel picture stays small.
        """
        return place(np.maximum(self.activation_map, 0), self.region, self.height, self.width, self.offset)

    @property
    def is_boxed(self) -> bool:
        """Whether the network saw only a part of the picture."""
        return self.region != Box.whole(self.height, self.width)

    @property
    def peak(self) -> float:
        """The largest evidence in logits per cell; 0 where there is no positive evidence."""
        return max(float(self.activation_map.max()), 0.0)

    def within(self, mask: LesionMask) -> Explanation:
        """The same map with its ``lesion_share`` measured on ``mask``."""
        return measured((self,), mask)[0]


def measured(explanations: Iterable[Explanation], mask: LesionMask) -> tuple[Explanation, ...]:
    """The same maps with their ``lesion_share`` measured on ``mask``. Maps on one grid share most of the work."""
    explanations, binary = tuple(explanations), mask.binary
    grids = [(e.region, *e.activation_map.shape, e.offset) for e in explanations]
    cells = {grid: (gather(binary, *grid), extent(*grid)) for grid in set(grids)}
    return tuple(replace(e, lesion_share=_share(e, *cells[grid])) for e, grid in zip(explanations, grids, strict=True))


def _share(explanation: Explanation, inside: NDArray[np.float32], everywhere: NDArray[np.float32]) -> float:
    positive = np.maximum(explanation.activation_map, 0).astype(np.float64)
    total = float((positive * everywhere).sum())
    return float((positive * inside).sum()) / total if total > 0 else float("nan")


@dataclass(frozen=True, slots=True)
class ModelRef:
    """Which weights were used: the model's name and the SHA-256 of its weights file."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """One picture with all that was found out about it.

    Attributes:
        explanations: one per class in the card's order, all at the same stage.
        timings_ms: wall time by step, milliseconds.
    """

    case: Case
    mask: LesionMask
    prediction: Prediction
    explanations: tuple[Explanation, ...]
    segmenter: ModelRef
    classifier: ModelRef
    timings_ms: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        size = (self.case.height, self.case.width)
        shapes = {self.mask.probability.shape, *((e.height, e.width) for e in self.explanations)}
        if shapes != {size}:
            raise ShapeMismatch(f"mask and maps of {size} px", f"{sorted(shapes)}", "give those of this picture")

    def explanation(self, target: str) -> Explanation:
        """The explanation of ``target``.

        Raises:
            UnknownName: no explanation of that label.
        """
        for explanation in self.explanations:
            if explanation.target == target:
                return explanation
        raise UnknownName.among("label", target, [e.target for e in self.explanations])

    def at_threshold(self, threshold: float) -> Analysis:
        """The same analysis under another mask threshold, with the shares measured again; no network runs."""
        mask = self.mask.at(threshold)
        return replace(self, mask=mask, explanations=measured(self.explanations, mask))
