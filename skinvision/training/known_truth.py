"""Do maps find what decides? Measured on synthetic lesions, in which that is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from tqdm import tqdm

from skinvision import phantom
from skinvision.catalogue import KNOWN_TRUTH
from skinvision.errors import DataRejected
from skinvision.faithfulness import Found, guesses, pointing_hit
from skinvision.methods import METHODS, ON_PICTURE
from skinvision.models import registry
from skinvision.phantom import Phantom
from skinvision.pipeline import Analyser
from skinvision.reports import FoundReport, Interval, TruthReport
from skinvision.training.intervals import Bootstrap, rounded, share_of
from skinvision.types import Analysis

_FIRST_SEED = 1_000_000  # none that a network learnt from
_HEIGHT, _WIDTH = 192, 256


@dataclass(frozen=True, slots=True)
class _Row:
    """Of one lesion: what guesses have, and maps by stage and method."""

    guesses: dict[str, Found]
    maps: dict[str, dict[str, Found]]


def known_truth(pictures: int, *, update: bool = False) -> TruthReport:
    """Measure all methods at all stages on phantoms that the network names rightly.

    Args:
        pictures: how many.
        update: write what was found into the network's card.

    Returns:
        Stages from the last one to the first, then methods that work on the picture.

    Raises:
        DataRejected: the network names none of the lesions rightly.
        UnknownName, WeightsRejected: there is no such network.
    """
    analyser = Analyser.load(classifier=KNOWN_TRUTH)
    rows = [_row(analyser, analysis, drawn) for drawn, analysis in lessons(analyser, pictures)]
    if not rows:
        raise DataRejected("synthetic lesions that the network names rightly", "none", "draw more, or train it first")
    report = TruthReport(
        n=len(rows),
        guesses=_reports([row.guesses for row in rows]),
        maps={stage: _reports([row.maps[stage] for row in rows]) for stage in rows[0].maps},
    )
    if update:
        registry.rewrite(replace(registry.read_card(KNOWN_TRUTH), truth=report))
    return report


def lessons(analyser: Analyser, pictures: int) -> Iterator[tuple[Phantom, Analysis]]:
    """Of so many phantoms those that the network names rightly, with the feature in the place of the lesion's mask."""
    for seed in tqdm(range(_FIRST_SEED, _FIRST_SEED + pictures), desc="drawing and explaining"):
        drawn = phantom.lesson(seed, _HEIGHT, _WIDTH)
        analysis = analyser.analyse(phantom.as_case(drawn), mask=phantom.feature_mask(drawn))
        if analysis.prediction.top == drawn.feature:
            yield drawn, analysis


def _row(analyser: Analyser, analysis: Analysis, drawn: Phantom) -> _Row:
    stages = (*analyser.classifier_card.stages[::-1], ON_PICTURE)
    maps = {stage: _maps(analyser, analysis, stage, drawn.feature) for stage in stages}
    return _Row(guesses(drawn.mask, analysis.mask.binary), maps)


def _maps(analyser: Analyser, analysis: Analysis, stage: str, feature: str) -> dict[str, Found]:
    found = {}
    for name in (name for name, method in METHODS.items() if method.by_stage == (stage != ON_PICTURE)):
        explanation = analyser.attribute(analysis, name, stage, feature)
        hit = pointing_hit(explanation.evidence, analysis.mask.binary)
        found[name] = Found(explanation.lesion_share, bool(hit))
    return found


def _reports(found: Sequence[dict[str, Found]]) -> dict[str, FoundReport]:
    return {name: _report([each[name] for each in found]) for name in found[0]}


def _report(rows: Sequence[Found]) -> FoundReport:
    """A map without positive evidence finds nothing."""
    share = np.nan_to_num(np.array([found.share for found in rows]))
    hits = [found.hit for found in rows if found.hit is not None]
    return FoundReport(
        share=Interval(rounded(share.mean()), *Bootstrap.over([""] * len(rows)).mean(share)),
        hits=share_of(sum(hits), len(hits)) if hits else None,
    )
