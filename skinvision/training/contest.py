"""Which method is most faithful on a model? All of them put to the test, over held-out pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from skinvision.errors import DataRejected
from skinvision.faithfulness import Findings, References, judge
from skinvision.methods import METHODS
from skinvision.models import registry
from skinvision.pipeline import Analyser
from skinvision.reports import Interval, MethodReport
from skinvision.training.data import Sample, among, at_most_per_class, read_labelled, read_table
from skinvision.training.evaluate import load_for
from skinvision.training.intervals import Bootstrap, rounded
from skinvision.types import Analysis


@dataclass(frozen=True, slots=True)
class _Trial:
    """What is kept of one map: areas, how far they are better than by chance, and the grade, if tested in full."""

    deletion: float
    insertion: float
    gain: float
    code: str | None


def contest(
    data: Path,
    split: str = "test",
    model: str | None = None,
    per_class: int = 5,
    *,
    slow: bool = False,
    update: bool = False,
) -> dict[str, MethodReport]:
    """Put the maps of the predicted class, at the last stage, to the test.

    Args:
        data: a folder like that of ``evaluate``.
        model: name of a classifier; the default one if None.
        per_class: at most so many pictures of a diagnosis.
        slow: whether methods that need many passes take part.
        update: write what was found into the model's card.

    Returns:
        By method.

    Raises:
        DataRejected: the folder does not have the layout, or no picture has a diagnosis that the model knows.
        UnknownName, WeightsRejected: no such model.
    """
    card = load_for("classification", model).card
    known = among(card.labels, read_table(data, split))
    if not known:
        raise DataRejected(f"diagnoses among {', '.join(card.labels)}", "none", "map the names first")
    names = [name for name, method in METHODS.items() if slow or not method.is_slow]
    analyser, samples = Analyser.load(classifier=card.name), at_most_per_class(known, per_class)
    trials: dict[str, list[_Trial]] = {name: [] for name in names}
    for sample in tqdm(samples, desc="testing maps"):
        for name, trial in _trials(analyser, analyser.analyse(read_labelled(sample.image)), names):
            trials[name].append(trial)
    again = _resamples(samples, card.labels)
    found = {name: _report(rows, again) for name, rows in trials.items()}
    if update:
        registry.rewrite(replace(registry.read_card(card.name), methods=found))
    return found


def _trials(analyser: Analyser, analysis: Analysis, names: Sequence[str]) -> list[tuple[str, _Trial]]:
    """One for each method; what chance does is found out with the first of each grain."""
    stage, trials = analyser.classifier_card.stages[-1], []
    references: dict[str, References | None] = {}
    for name in names:
        explanation = analyser.attribute(analysis, name, stage, analysis.prediction.top)
        grain = METHODS[name].grain(stage)
        findings = analyser.examine(analysis, explanation, references.get(grain))
        references[grain] = _references(findings)
        trials.append((name, _trial(findings)))
    return trials


def _references(findings: Findings) -> References | None:
    return findings.compared.references if findings.compared else None


def _trial(findings: Findings) -> _Trial:
    compared = findings.compared
    assert compared is not None  # ``examine`` always measures the curves
    own = compared.own
    code = judge(findings).code if findings.randomised is not None else None  # slow methods are not tested in full
    return _Trial(own.deletion.auc, own.insertion.auc, compared.gain, code)


def _resamples(samples: Sequence[Sample], labels: Sequence[str]) -> Bootstrap:
    truth = np.array([labels.index(sample.dx) for sample in samples])
    return Bootstrap.over([sample.lesion_id for sample in samples], truth)


def _report(trials: Sequence[_Trial], again: Bootstrap) -> MethodReport:
    deletion, insertion, gain = (
        np.array([getattr(trial, name) for trial in trials]) for name in ("deletion", "insertion", "gain")
    )
    return MethodReport(
        n=len(trials),
        deletion=_mean(deletion, again),
        insertion=_mean(insertion, again),
        gain=_mean(gain, again),
        verdicts=dict(Counter(trial.code for trial in trials if trial.code)),
    )


def _mean(values: NDArray[np.float64], again: Bootstrap) -> Interval:
    return Interval(rounded(values.mean()), *again.mean(values))
