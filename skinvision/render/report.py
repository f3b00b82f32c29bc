"""The JSON form of one analysis, which other programs rely on, and its pictures as files."""

from __future__ import annotations

from typing import Literal

import msgspec
import numpy as np

from skinvision.render.overlays import encode_png, heatmap_overlay, mask_overlay, shared_scale, with_colour_bar
from skinvision.types import Analysis

_OPACITY = 0.6


class MaskSummary(msgspec.Struct, frozen=True):
    """``area_fraction`` in [0, 1]; ``box`` as x0, y0, x1, y1 in px, half-open, or None where there is no lesion."""

    area_fraction: float
    box: tuple[int, int, int, int] | None


class ExplanationSummary(msgspec.Struct, frozen=True):
    """``peak`` in logits per cell; ``lesion_share`` in [0, 1], or None where there is no positive evidence."""

    target: str
    method: str
    stage: str
    peak: float
    lesion_share: float | None


class Models(msgspec.Struct, frozen=True):
    """One string per model: its name, or the SHA-256 of its weights."""

    segmenter: str
    classifier: str


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One picture, analysed or rejected. The fields and their order are those of the JSON object.

    A rejected picture has a ``reason``, and null or nothing in all the fields after it.
    """

    source: str
    status: Literal["ok", "rejected"]
    reason: str | None = None
    notes: tuple[str, ...] = ()
    quality: tuple[str, ...] = ()
    prediction: dict[str, float] = {}
    prediction_set: tuple[str, ...] = ()
    in_distribution: bool | None = None
    ood_score: float | None = None
    mask: MaskSummary | None = None
    explanation: ExplanationSummary | None = None
    models: Models | None = None
    timings_ms: dict[str, float] = {}
    weights_sha256: Models | None = None


def document(source: str, analysis: Analysis, target: str | None = None) -> Document:
    """The JSON form of ``analysis``.

    Args:
        source: what the picture is called, such as its path.
        target: the explained label; the predicted one where it is None.

    Raises:
        UnknownName: no such label.
    """
    prediction, box = analysis.prediction, analysis.mask.box
    explanation = analysis.explanation(target or prediction.top)
    return Document(
        source=source,
        status="ok",
        notes=analysis.case.notes,
        quality=analysis.case.quality,
        prediction={label: prediction.probability(label) for label in prediction.labels},
        prediction_set=prediction.prediction_set,
        in_distribution=prediction.in_distribution,
        ood_score=prediction.ood_score,
        mask=MaskSummary(analysis.mask.area_fraction, box.as_tuple() if box else None),
        explanation=ExplanationSummary(
            explanation.target, explanation.method, explanation.stage, explanation.peak, explanation.lesion_share
        ),
        models=Models(analysis.segmenter.name, analysis.classifier.name),
        timings_ms=analysis.timings_ms,
        weights_sha256=Models(analysis.segmenter.sha256, analysis.classifier.sha256),
    )


def rejected(source: str, reason: str) -> Document:
    """The JSON form of a picture that could not be analysed; ``reason`` is the sentence for the person."""
    return Document(source=source, status="rejected", reason=reason)


def encode(document: Document) -> bytes:
    """``document`` as one line of JSON, without the line's end. NaN and infinity become null."""
    return msgspec.json.encode(document)


def mask_png(analysis: Analysis) -> bytes:
    """The lesion white on black, one channel, of the picture's own size."""
    return encode_png(analysis.mask.binary.astype(np.uint8) * np.uint8(255))


def overlay_png(analysis: Analysis, opacity: float = _OPACITY) -> bytes:
    """The picture with the lesion tinted and outlined, of the picture's own size."""
    return encode_png(mask_overlay(analysis.case.image, analysis.mask, opacity))


def heatmap_png(analysis: Analysis, target: str | None = None, opacity: float = _OPACITY) -> bytes:
    """The picture under the evidence for ``target`` (default: the predicted label), of its own size, above its bar."""
    explanation = analysis.explanation(target or analysis.prediction.top)
    scale = shared_scale(analysis.explanations)
    heatmap = heatmap_overlay(analysis.case.image, explanation.evidence, scale, opacity)
    return encode_png(with_colour_bar(heatmap, scale, explanation.peak))
