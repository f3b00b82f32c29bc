"""The model card: the only place for labels, sizes, mean, std, temperature, thresholds and held-out figures.

A card is a JSON file beside the weights. Training writes it, ``evaluate --update`` and a benchmark bring it up to date,
and everything else reads it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from skinvision.errors import UnknownName
from skinvision.reports import ClassificationReport, MethodReport, Parity, SegmentationReport, Sweep, TruthReport

Task = Literal["segmentation", "classification"]
Region = Literal["whole", "box", "lesion"]
Modality = Literal["dermoscopy", "photograph", "synthetic"]
Looks = Literal[1, 2]


@dataclass(frozen=True, slots=True)
class Epoch:
    """One line of the training history; ``score`` is the figure that checkpoints are chosen by."""

    epoch: int
    size: tuple[int, int]
    train_loss: float
    val_loss: float
    score: float
    minutes: float


@dataclass(frozen=True, slots=True)
class History:
    """How training went. ``score_name`` is the validation figure in ``epochs[i].score``."""

    score_name: str
    epochs: tuple[Epoch, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """Where the training pictures come from and how they were split."""

    name: str
    licence: str
    attribution: str
    split: str
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Outlier:
    """The out-of-distribution rule: a score above ``threshold`` is strange.

    Attributes:
        method: how the score is computed from the pooled features, e.g. ``"mahalanobis"``.
        kept_on_val: share of validation pictures at or below the threshold.
        auroc: per set of foreign pictures, the area under the ROC curve against the held-out pictures.
    """

    method: str
    threshold: float
    kept_on_val: float
    auroc: dict[str, float]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Fitted on the validation split.

    Attributes:
        temperature: logits are divided by it before softmax (Guo et al. 2017).
        coverage: wanted share of prediction sets that hold the answer.
        quantile: a label is in the set where 1 − probability ≤ quantile (Sadinle et al. 2019).
    """

    temperature: float
    coverage: float
    quantile: float


@dataclass(frozen=True, slots=True)
class Architecture:
    """How the network is built: ``builder`` is a key of ``models.networks``, ``encoder`` a name within the library."""

    builder: str
    library: str
    encoder: str


@dataclass(frozen=True, slots=True)
class Member:
    """A model that is part of an ensemble, and the SHA-256 of its weights."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Speed:
    """How long a bare forward pass takes at the card's size, in the median: it holds for one machine alone."""

    milliseconds: float
    machine: str


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Everything about one model, beside its weights.

    Attributes:
        labels: (K,) short names; ``titles`` (K,) the full disease names. A segmenter has ("lesion",).
        input_size: (height, width) px.
        mean, std: per RGB channel, for values in [0, 1].
        region: what the network sees: the whole picture, the box around the lesion with ``region_margin``, or the
            lesion alone, in that box with the background painted over in the colour of ``mean``.
        threshold: segmenters only: default mask threshold.
        stages: names of the stages a class activation map can be made at, first to last.
        sha256: of the weights file.
        code_version: of skinvision, when the card was written.
        working_size: (height, width) px that a picture is brought to before the input size, as in training; None where
            it goes to the input size at once.
        modality: what kind of pictures it learnt from.
        members: of an ensemble, which has no networks of its own.
        stage_offsets: how far the cells of each stage look beside the middle of their squares, in cells; > 0 is to the
            right and down. What is not named is taken for 0.
        speed: as the benchmark of the models found it; None where it was not run.
        methods: by method, how faithful maps of this model are.
        truth: how well maps find what decides; None where that is not known.
        parity: by engine and precision, such as ``"openvino bf16"``, how near it is to torch.
        sweep: what changes that should not matter do to a classifier; None where it was not measured.
        looks: how often a classifier looks at a picture, as ``models.looks``; of an ensemble, how often all members do.
        weight: on balanced accuracy, against accuracy, in the decision of a classifier, as ``training.decision``.
    """

    name: str
    title: str
    task: Task
    architecture: Architecture
    labels: tuple[str, ...]
    titles: tuple[str, ...]
    input_size: tuple[int, int]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    region: Region
    region_margin: float
    threshold: float | None
    stages: tuple[str, ...]
    calibration: Calibration | None
    outlier: Outlier | None
    data: tuple[Dataset, ...]
    weights_licence: str
    recipe: str
    choices: tuple[str, ...]
    limits: tuple[str, ...]
    history: History
    val: ClassificationReport | SegmentationReport | None
    test: ClassificationReport | SegmentationReport | None
    parameters: int
    sha256: str
    code_version: str
    working_size: tuple[int, int] | None = None
    modality: Modality = "dermoscopy"
    members: tuple[Member, ...] = ()
    speed: Speed | None = None
    stage_offsets: dict[str, float] = field(default_factory=dict)
    sweep: Sweep | None = None
    truth: TruthReport | None = None
    methods: dict[str, MethodReport] = field(default_factory=dict)
    parity: dict[str, Parity] = field(default_factory=dict)
    looks: Looks = 1
    weight: float = 0.0

    @property
    def temperature(self) -> float:
        """Of the calibration; 1 where there is none."""
        return self.calibration.temperature if self.calibration else 1.0

    def above(self, stage: str) -> float:
        """Of the stages, the share that comes after ``stage``.

        Raises:
            UnknownName: no such stage.
        """
        if stage not in self.stages:
            raise UnknownName.among("stage", stage, self.stages)
        return 1 - (1 + self.stages.index(stage)) / len(self.stages)

    @property
    def signature(self) -> str:
        """The name, and what the SHA-256 of the weights begins with."""
        return f"{self.name} (SHA-256 {self.sha256[:16]} …)"

    def title_of(self, label: str) -> str:
        """The full disease name of a label.

        Raises:
            UnknownName: no such label.
        """
        return self.titles[self.index_of(label)]

    def index_of(self, label: str) -> int:
        """The position of a label, among ``labels`` and on every axis of K.

        Raises:
            UnknownName: no such label.
        """
        if label not in self.labels:
            raise UnknownName.among("label", label, self.labels)
        return self.labels.index(label)
