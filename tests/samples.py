"""A model card and an analysis of our own making, for tests that need results but no network."""

from __future__ import annotations

import numpy as np

from skinvision.card import Architecture, Calibration, Dataset, Epoch, History, ModelCard, Outlier, Task
from skinvision.geometry import Box
from skinvision.reports import ClassificationReport, ClassReport, Curve, GroupReport, ReliabilityBin, SegmentationReport
from skinvision.types import Analysis, Case, Explanation, LesionMask, ModelRef, Prediction

TITLES = {
    "akiec": "Actinic keratosis / Bowen's disease",
    "bcc": "Basal cell carcinoma",
    "bkl": "Benign keratosis",
    "df": "Dermatofibroma",
    "mel": "Melanoma",
    "nv": "Melanocytic nevus",
    "vasc": "Vascular lesion",
}
LABELS = tuple(TITLES)
PROBABILITIES = (0.02, 0.05, 0.21, 0.004, 0.63, 0.08, 0.006)
PEAKS = (0.2, 0.3, 0.9, 0.1, 2.0, 0.5, 0.0)
HASHES = {"segmentation": "1a2b3c4d" * 8, "classification": "5e6f7081" * 8}
LESION = Box(8, 8, 24, 24)
_CONFUSION = (
    (20, 3, 4, 1, 2, 0, 0),
    (2, 30, 2, 1, 0, 0, 0),
    (3, 1, 70, 0, 8, 6, 0),
    (0, 0, 0, 0, 0, 0, 0),
    (1, 0, 9, 0, 55, 15, 0),
    (0, 1, 12, 1, 20, 1080, 1),
    (0, 0, 0, 0, 0, 1, 9),
)

_GROUPS = {  # with Wilson's intervals
    "age_approx": {
        "< 30": GroupReport(20, 0.9, (0.69897, 0.97213), 0, None, None),
        "45–59": GroupReport(1338, 0.87519, (0.8564, 0.89183), 80, 0.6875, (0.57932, 0.7785)),
    },
    "sex": {
        "male": GroupReport(958, 0.88622, (0.86455, 0.90481), 71, 0.70423, (0.58981, 0.79767)),
        "female": GroupReport(400, 0.85, (0.81169, 0.88166), 9, 0.55556, (0.26665, 0.81122)),
    },
}


def sample_card(task: Task) -> ModelCard:
    """A card with every chart's figures; of seven classes, "df" is absent from its test pictures."""
    segments = task == "segmentation"
    report = segmentation_report() if segments else classification_report()
    return ModelCard(
        name="unet" if segments else "resnet50",
        title="UNet" if segments else "ResNet-50",
        task=task,
        architecture=Architecture("unet" if segments else "resnet", "sample", "tiny"),
        labels=("lesion",) if segments else LABELS,
        titles=("Lesion",) if segments else tuple(TITLES.values()),
        input_size=(224, 224),
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
        region="whole",
        region_margin=0.0,
        threshold=0.5 if segments else None,
        stages=() if segments else ("stem", "stage1", "stage2", "stage3", "stage4"),
        calibration=None if segments else Calibration(temperature=1.4, coverage=0.9, quantile=0.8),
        outlier=None if segments else Outlier("mahalanobis", 20.0, 0.95, {"textures": 0.99}),
        data=(Dataset("samples", "Apache-2.0", "made here", "by lesion", {"train": 900, "val": 100, "test": 757}),),
        weights_licence="Apache-2.0",
        recipe="none",
        choices=("a sample",),
        limits=("knows nothing",),
        history=history(),
        val=report,
        test=report,
        parameters=1000,
        sha256=HASHES[task],
        code_version="0.1.0",
    )


def sample_analysis(
    image: np.ndarray | None = None,
    *,
    probabilities: tuple[float, ...] = PROBABILITIES,
    prediction_set: tuple[str, ...] = ("mel", "bkl"),
    in_distribution: bool = True,
    lesion: Box | None = LESION,
    region: Box | None = None,
) -> Analysis:
    """An analysis of ``image`` (default: (32, 64, 3), grey) whose numbers can be worked out on paper.

    The lesion is the given box, by default 256 of 2048 px (1/8). Each class has evidence of height ``PEAKS`` in 2 × 2
    cells of a 4 × 8 grid, which are the default lesion; "vasc" has none. The strangeness is 12.5, or 25, above the
    card's threshold.
    """
    image = np.full((32, 64, 3), 128, np.uint8) if image is None else image
    height, width = image.shape[:2]
    probability = np.zeros((height, width), np.float32)
    if lesion is not None:
        probability[lesion.y0 : lesion.y1, lesion.x0 : lesion.x1] = 0.9
    mask = LesionMask(probability)
    region = region or Box.whole(height, width)
    shares = np.array(probabilities, np.float32)
    return Analysis(
        case=Case(image, "ab" * 32, ("scaled from 16 bits",), ("blurred",)),
        mask=mask,
        prediction=Prediction(
            LABELS, np.log(shares), shares, prediction_set, in_distribution, 12.5 if in_distribution else 25.0
        ),
        explanations=tuple(
            Explanation(label, "grad-cam", "stage4", _four_cells(peak), region, height, width).within(mask)
            for label, peak in zip(LABELS, PEAKS, strict=True)
        ),
        segmenter=ModelRef("unet", HASHES["segmentation"]),
        classifier=ModelRef("resnet50", HASHES["classification"]),
        timings_ms={"segment": 20.0, "classify": 30.0},
    )


def classification_report() -> ClassificationReport:
    confusion = np.array(_CONFUSION)
    rate = np.linspace(0, 1, 11)
    return ClassificationReport(
        n=int(confusion.sum()),
        accuracy=0.876,
        balanced_accuracy=0.79,
        balanced_accuracy_interval=(0.74, 0.83),
        macro_f1=0.75,
        macro_auc=0.95,
        nll=0.4,
        ece=0.021,
        ece_uncalibrated=0.087,
        coverage=0.91,
        mean_set_size=1.4,
        kept=0.94,
        per_class={
            label: _class_report(row, index) for index, (label, row) in enumerate(zip(LABELS, confusion, strict=True))
        },
        confusion=_CONFUSION,
        labels=LABELS,
        unscored={},
        roc={
            label: Curve(tuple(rate.tolist()), tuple((rate ** (0.1 + 0.05 * index)).tolist()))
            for index, label in enumerate(LABELS)
            if label != "df"
        },
        reliability=_bins(0.02),
        reliability_uncalibrated=_bins(-0.12),
        accuracy_interval=(0.86, 0.89),
        groups=_GROUPS,
    )


def segmentation_report() -> SegmentationReport:
    return SegmentationReport(
        n=600,
        dice=0.882,
        jaccard=0.805,
        jaccard_interval=(0.79, 0.82),
        thresholded_jaccard=0.75,
        sensitivity=0.87,
        specificity=0.97,
        dice_interval=(0.87, 0.89),
        dice_histogram=(4, 1, 2, 2, 3, 4, 3, 5, 5, 6, 8, 10, 14, 18, 25, 40, 60, 110, 180, 100),
    )


def history() -> History:
    """Twelve epochs, the last four at a larger input size."""
    epochs = tuple(
        Epoch(number, (192, 192) if number <= 8 else (224, 224), 2 / number, 2 / number + 0.2, 1 - 0.5 / number, 3.0)
        for number in range(1, 13)
    )
    return History("balanced accuracy", epochs)


def _class_report(row: np.ndarray, index: int) -> ClassReport:
    n = int(row.sum())
    if n == 0:
        return ClassReport(0, None, None, None, None)
    recall = float(row[index] / n)
    spread = (recall * (1 - recall) / n) ** 0.5
    return ClassReport(n, recall, 0.8, 0.95, (max(recall - 2 * spread, 0), min(recall + 2 * spread, 1)))


def _bins(shift: float) -> tuple[ReliabilityBin, ...]:
    counts = (0, 3, 8, 14, 20, 24, 30, 38, 45, 60, 80, 95, 110, 140, 90)
    middles = [(index + 0.5) / 15 for index in range(15)]
    return tuple(
        ReliabilityBin(middle, min(max(middle + shift, 0), 1), n) for middle, n in zip(middles, counts, strict=True)
    )


def _four_cells(peak: float) -> np.ndarray:
    cells = np.full((4, 8), -0.1, np.float32)
    cells[1:3, 1:3] = peak
    return cells
