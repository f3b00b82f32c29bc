"""Do maps find what decides? Measured on synthetic lesions, in which that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from tqdm import tqdm

from skinvision import phantom
from skinvision.catalogue import KNOWN_TRUTH
from skinvision.faithfulness import pointing_hit
from skinvision.methods import METHODS, ON_PICTURE
from skinvision.models import registry
from skinvision.pipeline import Analyser
from skinvision.reports import Interval, TruthReport
from skinvision.training.intervals import Bootstrap, rounded, wilson
from skinvision.types import Analysis

_FIRST_SEED = 1_000_000  # none that a network learnt from
_HEIGHT, _WIDTH = 192, 256


def known_truth(pictures: int) -> dict[str, dict[str, TruthReport]]:
    """Measure all methods at all stages on phantoms that the network names rightly, and write it into its card.

    Args:
        pictures: how many.

    Returns:
        By stage, last one first, then by method, as the card now has it; methods that work on the picture come last.

    Raises:
        UnknownName, WeightsRejected: there is no such network.
    """
    analyser = Analyser.load(classifier=KNOWN_TRUTH)
    stages = analyser.classifier_card.stages[::-1]
    found = []
    for seed in tqdm(range(_FIRST_SEED, _FIRST_SEED + pictures), desc="drawing and explaining"):
        drawn = phantom.lesson(seed, _HEIGHT, _WIDTH)
        analysis = analyser.analyse(phantom.as_case(drawn), mask=phantom.feature_mask(drawn))
        if analysis.prediction.top == drawn.feature:
            found.append(
                {stage: _measured(analyser, analysis, stage, drawn.feature) for stage in (*stages, ON_PICTURE)}
            )
    reports = {stage: _reports([maps[stage] for maps in found]) for stage in found[0]} if found else {}
    registry.rewrite(replace(registry.read_card(KNOWN_TRUTH), truth=reports))
    return reports


_Row = tuple[float, float, bool]  # share inside the feature, share of an even map, whether the maximum is inside


def _measured(analyser: Analyser, analysis: Analysis, stage: str, feature: str) -> dict[str, _Row]:
    rows = {}
    for name in (method.name for method in METHODS.values() if method.by_stage == (stage != ON_PICTURE)):
        explanation = analyser.attribute(analysis, name, stage, feature)
        hit = pointing_hit(explanation.evidence, analysis.mask.binary)
        rows[name] = (explanation.lesion_share, analysis.mask.area_fraction, bool(hit))
    return rows


def _reports(found: Sequence[dict[str, _Row]]) -> dict[str, TruthReport]:
    return {name: _report([rows[name] for rows in found]) for name in found[0]}


def _report(rows: Sequence[_Row]) -> TruthReport:
    share, even, hits = (np.array(column) for column in zip(*rows, strict=True))
    share = np.nan_to_num(share)  # a map without positive evidence finds nothing
    again = Bootstrap.over([""] * len(rows))
    return TruthReport(
        n=len(rows),
        share=Interval(rounded(share.mean()), *again.mean(share)),
        even=rounded(even.mean()),
        hits=Interval(rounded(hits.mean()), *(wilson(int(hits.sum()), len(rows)) or (0.0, 1.0))),
    )
