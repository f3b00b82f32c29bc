"""The JSON form of one map and of what tests say of it, which other programs rely on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import msgspec

from skinvision.card import ModelCard
from skinvision.render.words import held_back
from skinvision.types import Analysis, Explanation

if TYPE_CHECKING:  # matplotlib comes with it
    from skinvision.faithfulness import Curves, Findings, Similarity, Verdict


class Areas(msgspec.Struct, frozen=True):
    """Areas under both curves of one order of pixels, in [0, 1]."""

    deletion_auc: float
    insertion_auc: float


class Left(msgspec.Struct, frozen=True):
    """The means of what ROAD leaves of a probability, in [0, 1]."""

    whole: float
    without_most: float
    without_least: float


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """One map, or a picture that was rejected. The fields and their order are those of the JSON object.

    A rejected picture has a ``reason``, and null in all the fields after it; so have measures that were not asked for,
    and those that need positive evidence or a lesion where there is none. ``random`` holds the means of several random
    orders. ``randomisation`` holds rank correlations, ``randomisation_ssim`` structural similarities, by what was
    forgotten, together with all before it. ``stability`` is the largest relative change of the map under noise, a shift
    by one pixel and JPEG, ``mirror`` that in the mirror. ``probability`` is that of the target, and ``in_distribution``
    says whether the picture is like those that the classifier learnt from.
    """

    source: str
    status: Literal["ok", "rejected"]
    reason: str | None = None
    target: str | None = None
    method: str | None = None
    stage: str | None = None
    peak: float | None = None
    lesion_share: float | None = None
    area_share: float | None = None
    pointing_hit: bool | None = None
    deletion_auc: float | None = None
    insertion_auc: float | None = None
    random: Areas | None = None
    centre: Areas | None = None
    road: Left | None = None
    randomisation: dict[str, float | None] | None = None
    randomisation_ssim: dict[str, float | None] | None = None
    stability: float | None = None
    mirror: float | None = None
    verdict: str | None = None
    reasons: tuple[str, ...] | None = None
    probability: float | None = None
    in_distribution: bool | None = None
    another_class: float | None = None


def explained(
    source: str,
    explanation: Explanation,
    analysis: Analysis,
    card: ModelCard,
    findings: Findings | None = None,
    judge: Callable[[Findings], Verdict] | None = None,
) -> Explained:
    """The JSON form of a map.

    Args:
        source: what the picture is called, such as its path.
        analysis: of the picture. Where the pages show no outline, nothing is told of the lesion.
        card: of the classifier.
        findings: of the tests; None where the map was not put to them.
        judge: says what they come to.
    """
    is_known = analysis.mask.box is not None and not held_back(analysis.mask, card)
    found = Explained(
        source=source,
        status="ok",
        target=explanation.target,
        method=explanation.method,
        stage=explanation.stage,
        peak=explanation.peak,
        lesion_share=_known(explanation.lesion_share) if is_known else None,
        probability=analysis.prediction.probability(explanation.target),
        in_distribution=analysis.prediction.in_distribution,
    )
    if findings is None or judge is None:
        return found
    if not is_known:
        findings = replace(findings, inside=None)
    verdict = judge(findings)
    inside, compared, road, randomised = findings.inside, findings.compared, findings.road, findings.randomised
    changes = {
        "area_share": inside and inside.area_share,
        "pointing_hit": inside and inside.pointing_hit,
        "deletion_auc": compared and compared.own.deletion.auc,
        "insertion_auc": compared and compared.own.insertion.auc,
        "random": compared and _areas(compared.references.chance),
        "centre": compared and _areas(compared.references.centre),
        "road": road and Left(road.whole, _mean(road.without_most), _mean(road.without_least)),
        "randomisation": _by_level(randomised, lambda each: each.rank_correlation),
        "randomisation_ssim": _by_level(randomised, lambda each: each.ssim),
        "stability": findings.stability and _known(findings.stability.to_small),
        "mirror": findings.stability and _known(findings.stability.flip),
        "another_class": findings.another and _known(findings.another.rank_correlation),
        "verdict": verdict.code,
        "reasons": tuple(f"{reason.measure}, {reason.stands}: {reason.words}" for reason in verdict.reasons),
    }
    return msgspec.structs.replace(found, **changes)


def _by_level(
    found: Mapping[str, Similarity] | None, value: Callable[[Similarity], float]
) -> dict[str, float | None] | None:
    return None if found is None else {level: _known(value(each)) for level, each in found.items()}


def _areas(curves: Curves) -> Areas:
    return Areas(curves.deletion.auc, curves.insertion.auc)


def _mean(values: tuple[float, ...]) -> float:
    return sum(values) / len(values)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
