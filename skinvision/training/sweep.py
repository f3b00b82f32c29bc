"""Shortcuts of a classifier: what changes that should not matter do to it, over held-out pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics
from tqdm import tqdm

from skinvision.errors import DataRejected, WeightsRejected
from skinvision.faithfulness import Inside
from skinvision.models import registry
from skinvision.pipeline import Analyser
from skinvision.reports import InsideReport, Interval, Spread, StressReport, Sweep
from skinvision.stress import ARTEFACTS, SCENES, Artefact, Scene, Stressed
from skinvision.training.data import Sample, among, at_most_per_class, read_labelled, read_table
from skinvision.training.evaluate import load_for
from skinvision.training.intervals import Bootstrap, rounded, share_of
from skinvision.types import Analysis, LesionMask

STRENGTH = 0.5  # of each artefact, as a part of its strongest
_STEPS = np.linspace(0, 1, 21)
AS_IT_IS = ""  # the name of no change


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a picture and its lesion."""

    title: str
    apply: Callable[[Stressed], Stressed]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is kept of one analysis: the class that it names, and the share of the evidence inside the lesion.

    Attributes:
        inside: of the evidence for the class that the picture as it is gets; NaN without any.
    """

    named: int
    inside: float


def sweep(
    data: Path, split: str = "test", model: str | None = None, per_class: int = 50, *, update: bool = False
) -> Sweep:
    """Change held-out pictures in all ways of ``stress``, and see what becomes of the classifier's answers.

    No segmenter looks at the changed pictures: the classifier looks where the lesion is, and where it was if none is
    left. Pictures in which no lesion is found are left out.

    Args:
        data: a folder like that of ``evaluate``.
        model: name of a classifier for dermoscopy; the default one if None.
        per_class: at most so many pictures of a diagnosis, drawn at random but always the same.
        update: write what was found into the model's card.

    Raises:
        DataRejected: the folder does not have the layout, no picture has a diagnosis that the model knows, or in none
            of them a lesion is found.
        UnknownName, WeightsRejected: no such model, or it is none for dermoscopy.
    """
    card = load_for("classification", model).card
    if card.modality != "dermoscopy":
        raise WeightsRejected("a classifier for dermoscopy", f"{card.name}, for other pictures", "choose another")
    known = among(card.labels, read_table(data, split))
    if not known:
        raise DataRejected(f"diagnoses among {', '.join(card.labels)}", "none", "map the names first")
    analyser, changes = Analyser.load(classifier=card.name), dict(_changes())
    samples, rows, own = [], [], []
    for sample in tqdm(at_most_per_class(known, per_class), desc="sweeping"):
        plain = analyser.analyse(read_labelled(sample.image))
        if plain.mask.box is None:
            continue
        samples.append(sample)
        own.append(Inside.of(plain.explanation(sample.dx).evidence, plain.mask.binary))
        rows.append(_answers(analyser, plain, changes))
    if not samples:
        raise DataRejected("pictures in which a lesion is found", "none", "give others")
    found = report(samples, rows, own, changes, card.labels)
    if update:
        registry.rewrite(replace(registry.read_card(card.name), sweep=found))
    return found


def _changes() -> Iterator[tuple[str, Change]]:
    """All scenes, and all artefacts at ``STRENGTH``, those with two directions in both."""
    for scene in SCENES:
        yield scene.name, Change(scene.title, _built(scene))
    for artefact in ARTEFACTS:
        for end, way in zip((artefact.high, artefact.low), artefact.ways, strict=True):
            if end:
                name = artefact.name if end > 0 else f"{artefact.name}-reverse"
                title = f"{artefact.title}: {way}" if way else artefact.title
                yield name, Change(title, _at(artefact, STRENGTH * end))


def _built(scene: Scene) -> Callable[[Stressed], Stressed]:
    return lambda picture: scene.build(picture.image, picture.lesion)


def _at(artefact: Artefact, strength: float) -> Callable[[Stressed], Stressed]:
    return lambda picture: artefact.apply(picture.image, picture.lesion, strength)


def _answers(analyser: Analyser, plain: Analysis, changes: dict[str, Change]) -> dict[str, Answer]:
    """What the classifier says of the picture as it is, under "", and after each change."""
    picture = Stressed(plain.case.image, plain.mask.binary)
    top = plain.prediction.top
    answers = {AS_IT_IS: _answer(plain, top)}
    for name, change in changes.items():
        after = change.apply(picture)
        lesion = after.lesion if after.lesion.any() else picture.lesion
        case = replace(plain.case, image=after.image)
        answers[name] = _answer(analyser.analyse(case, mask=LesionMask(lesion.astype(np.float32))), top)
    return answers


def _answer(analysis: Analysis, target: str) -> Answer:
    named = analysis.prediction.labels.index(analysis.prediction.top)
    return Answer(named, analysis.explanation(target).lesion_share)


def report(
    samples: Sequence[Sample],
    rows: Sequence[dict[str, Answer]],
    own: Sequence[Inside],
    changes: dict[str, Change],
    labels: tuple[str, ...],
) -> Sweep:
    """The figures of all changes.

    Args:
        samples: the pictures.
        rows: for each of them its answers by the names of the changes, and the one without a change as ``AS_IT_IS``.
        own: for each of them where the evidence for its diagnosis lies, without a change.
        changes: by name.
        labels: of the classifier, whose numbers the answers have.
    """
    truth = np.array([labels.index(sample.dx) for sample in samples])
    lesions = [sample.lesion_id for sample in samples]
    again = Bootstrap.over(lesions, truth)
    named = {name: np.array([row[name].named for row in rows]) for name in (AS_IT_IS, *changes)}
    inside = {name: np.array([row[name].inside for row in rows]) for name in named}
    before = named[AS_IT_IS]
    under = {}
    for name, change in changes.items():
        after, flips = named[name], int((named[name] != before).sum())
        loss = _balanced(before, truth) - _balanced(after, truth)
        under[name] = StressReport(
            change.title,
            share_of(flips, len(truth)),
            Interval(rounded(loss), *again.macro_recall_loss(before, after, truth)),
            _leaves(inside[AS_IT_IS] - inside[name], lesions, truth),
        )
    present = [label for k, label in enumerate(labels) if (truth == k).any()]
    whole = {label: [each for each, k in zip(own, truth, strict=True) if labels[k] == label] for label in present}
    return Sweep(
        n={label: int((truth == labels.index(label)).sum()) for label in present},
        strength=STRENGTH,
        balanced_accuracy=Interval(rounded(_balanced(before, truth)), *again.macro_recall(before, truth)),
        inside={label: found for label, each in whole.items() if (found := _inside(each))},
        under=under,
    )


def _balanced(named: NDArray[np.int64], truth: NDArray[np.int64]) -> float:
    return float(metrics.recall_score(truth, named, labels=np.unique(truth), average="macro", zero_division=0))


def _leaves(loss: NDArray[np.float64], lesions: Sequence[str], truth: NDArray[np.int64]) -> Interval | None:
    """The mean of those differences that exist."""
    known = ~np.isnan(loss)
    if not known.any():
        return None
    again = Bootstrap.over([lesion for lesion, is_known in zip(lesions, known, strict=True) if is_known], truth[known])
    return Interval(rounded(loss[known].mean()), *again.mean(loss[known]))


def _inside(found: Sequence[Inside]) -> InsideReport | None:
    """Of those maps that have positive evidence; None where none has."""
    known = [each for each in found if each.pointing_hit is not None]
    if not known:
        return None
    shares = np.quantile([each.lesion_share for each in known], _STEPS)
    hits = sum(each.pointing_hit is True for each in known)
    return InsideReport(Spread(len(known), tuple(map(rounded, shares))), share_of(hits, len(known)))
