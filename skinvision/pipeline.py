"""Where the rooms meet: one picture in, one sealed analysis out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor

from skinvision import channels, trust
from skinvision.attribution import attribute
from skinvision.card import ModelCard
from skinvision.channels import Channels
from skinvision.classify import classifier_input, predict, region_of, staged
from skinvision.errors import WeightsRejected
from skinvision.explain import ClassMaps, class_maps, grad_cam
from skinvision.geometry import Box, crop, resize
from skinvision.methods import GRAD_CAM, ON_PICTURE, method
from skinvision.models.engines import engine_of, equipped
from skinvision.models.memory import remembering
from skinvision.models.registry import DEFAULTS, LoadedModel, load
from skinvision.models.staged import shapes
from skinvision.portions import Run
from skinvision.segment import segment
from skinvision.types import Analysis, Case, Explanation, LesionMask, ModelRef, measured
from skinvision.worker import WORKER

if TYPE_CHECKING:
    from skinvision.faithfulness import Findings, References

T = TypeVar("T")
Told = Callable[[int], None]  # gets how many portions are done; it may raise to stop the work


class Said(NamedTuple):
    """What a network says of one class: its ``logit``, and the calibrated ``probability`` in [0, 1]."""

    logit: float
    probability: float


class Analyser:
    """A segmenter and a classifier behind one worker thread; safe to call from many threads.

    Inference runs in the order of arrival: torch already uses all cores for one picture.

    Args:
        segmenter, classifier: loaded models.

    Raises:
        WeightsRejected: a model is for the other task.
    """

    def __init__(self, segmenter: LoadedModel, classifier: LoadedModel) -> None:
        self._segmenter = _segmenter(segmenter)
        self._classifier = classifier
        self._network = staged(classifier)

    @classmethod
    def load(cls, segmenter: str | None = None, classifier: str | None = None, engine: str = "torch") -> Analyser:
        """The named models, or the default ones.

        Args:
            engine: one of ``ENGINES``; where a model may not be run by it, torch does.

        Raises:
            UnknownName, WeightsRejected: as ``registry.load``, or a model is for the other task.
            UnknownName: no such engine.
        """
        named = (segmenter or DEFAULTS["segmentation"], classifier or DEFAULTS["classification"])
        return cls(*(ready(name, engine) for name in named))

    @property
    def engines(self) -> tuple[str, str]:
        """By what segmenter and classifier are run, with the reason where that is not what was asked for."""
        return engine_of(self._segmenter), engine_of(self._classifier)

    @property
    def segmenter_card(self) -> ModelCard:
        return self._segmenter.card

    @property
    def classifier_card(self) -> ModelCard:
        return self._classifier.card

    def analyse(
        self, case: Case, stage: str | None = None, threshold: float | None = None, mask: LesionMask | None = None
    ) -> Analysis:
        """Mask, prediction, and the maps of all classes.

        Args:
            stage: where the maps are made; the last one of the classifier's card by default.
            threshold: of the mask, in (0, 1); the segmenter's card's by default. It does not move the box that a
                classifier may look at, which goes by the card's: the prediction stays what it is.
            mask: what this segmenter found in the picture before; it does not run again then.

        Raises:
            UnknownName: no such stage.
            ShapeMismatch: a threshold outside (0, 1), or a mask of another size than the picture's.
            Busy: the queue is full.
        """
        return WORKER.result(self.submit(case, stage, threshold, mask))

    def submit(
        self, case: Case, stage: str | None = None, threshold: float | None = None, mask: LesionMask | None = None
    ) -> Future[Analysis]:
        """``analyse`` in the queue: returns at once, with the analysis to come.

        Raises:
            Busy: the queue is full.
        """
        return WORKER.enter(self._analyse, case, stage or self.classifier_card.stages[-1], threshold, mask)

    def explain(self, analysis: Analysis, stage: str) -> Analysis:
        """The same analysis with its maps made at another stage; only the classifier runs.

        Raises:
            UnknownName: no such stage.
            WeightsRejected: the analysis was made with another classifier.
        """
        return WORKER.result(self.submit_explained(analysis, stage))

    def submit_explained(self, analysis: Analysis, stage: str) -> Future[Analysis]:
        """``explain`` in the queue; raises as it does."""
        self._check_own(analysis)
        return WORKER.submit(self._explain, analysis, stage)

    def attribute(
        self, analysis: Analysis, name: str, stage: str, target: str, told: Told | None = None
    ) -> Explanation:
        """The map of one class by any method, in ``Method.portions`` portions, between which others get their turn.

        Args:
            name: one of ``methods.METHODS``.
            stage: ignored by methods that work on the picture.
            target: one of the card's labels.
            told: called after each portion, on the caller's thread.

        Raises:
            UnknownName: no such method, stage or label.
            WeightsRejected: as ``explain``.
        """
        self._check_own(analysis)
        by_stage = method(name).by_stage
        index = self.classifier_card.index_of(target)
        picture = WORKER.result(WORKER.submit(self._seen, analysis))
        values = attribute(name, self._network, picture, stage, index, _in_turn(told))
        offset = self.classifier_card.stage_offsets.get(stage, 0.0) if by_stage else 0.0
        made_at = stage if by_stage else ON_PICTURE
        region, (height, width) = analysis.explanations[0].region, analysis.mask.probability.shape
        return Explanation(target, name, made_at, values, region, height, width, offset).within(analysis.mask)

    def examine(
        self,
        analysis: Analysis,
        explanation: Explanation,
        references: References | None = None,
        told: Told | None = None,
        *,
        in_full: bool = False,
    ) -> Findings:
        """What tests say of a map of this classifier, on the mask of the analysis.

        Args and raises as for ``attribute`` and ``examine.examine``; it is done in ``examine.portions`` portions.
        """
        from skinvision.examine import examine  # matplotlib comes with it, which an analysis does not need

        self._check_own(analysis)
        picture = WORKER.result(WORKER.submit(self._seen, analysis))
        inside = crop(analysis.mask.binary, analysis.explanations[0].region).astype(np.float32)
        lesion = resize(inside, *picture.shape[2:]) >= 0.5
        run = _in_turn(told)
        return examine(self._classifier, picture, lesion, explanation, references, run, in_full=in_full)

    def widths(self) -> dict[str, int]:
        """How many channels leave each stage of the classifier."""
        return {stage: shape[0] for stage, shape in shapes(self._network).items()}

    def channels(self, analysis: Analysis, stage: str, target: str) -> Channels:
        """How the Grad-CAM of one class is made; raises as ``attribute``."""
        self._check_own(analysis)
        index = self.classifier_card.index_of(target)
        found = WORKER.submit(lambda: channels.channels(self._network, self._seen(analysis), stage, index))
        return WORKER.result(found)

    def said_without(self, found: Channels, off: Iterable[int]) -> Said:
        """What is left of the class when channels are switched off."""
        logits = WORKER.result(WORKER.submit(channels.logits_without, self._network, found, tuple(off)))
        probability = trust.probabilities(logits, self.classifier_card.temperature)
        return Said(float(logits[found.target]), float(probability[found.target]))

    def _analyse(self, case: Case, stage: str, threshold: float | None, known: LesionMask | None) -> Analysis:
        timings: dict[str, float] = {}
        with _timed(timings, "segment"):
            mask = segment(self._segmenter, case, threshold) if known is None else _at(known, threshold)
        with _timed(timings, "classify_and_explain"):
            own = self._own(mask)
            region = region_of(self.classifier_card, case, own)
            maps = self._maps(classifier_input(self._classifier, case, region, own), stage)
            prediction = predict(self._classifier, maps.logits, maps.features)
        with _timed(timings, "measure"):
            explanations = self._explanations(maps, stage, region, mask)
        segmenter, classifier = _reference(self.segmenter_card), _reference(self.classifier_card)
        return Analysis(case, mask, prediction, explanations, segmenter, classifier, timings)

    def _explain(self, analysis: Analysis, stage: str) -> Analysis:
        maps = self._maps(self._seen(analysis), stage)
        region = analysis.explanations[0].region
        return replace(analysis, explanations=self._explanations(maps, stage, region, analysis.mask))

    def _maps(self, picture: Tensor, stage: str) -> ClassMaps:
        """By the engine at the last stage; further down torch has to differentiate what follows."""
        if stage == self._network.stage_names[-1]:
            return class_maps(self._network, self._classifier.run(picture), stage)
        maps = grad_cam(self._network, picture, stage)
        with torch.no_grad():  # what is said of the picture is the same at every stage
            output = self._network.head(self._classifier.run(picture))
        return replace(maps, logits=output.logits[0].numpy(), features=output.features[0].numpy())

    def _seen(self, analysis: Analysis) -> Tensor:
        """What the network saw of the picture, (1, 3, h, w)."""
        region = analysis.explanations[0].region
        return classifier_input(self._classifier, analysis.case, region, self._own(analysis.mask))

    def _check_own(self, analysis: Analysis) -> None:
        own = _reference(self.classifier_card)
        if analysis.classifier != own:
            raise WeightsRejected(f"an analysis by {own}", str(analysis.classifier), "analyse the picture again")

    def _own(self, mask: LesionMask) -> LesionMask:
        """The mask at the threshold of the segmenter's card."""
        return mask.at(self.segmenter_card.threshold or mask.threshold)

    def _explanations(self, maps: ClassMaps, stage: str, region: Box, mask: LesionMask) -> tuple[Explanation, ...]:
        height, width = mask.probability.shape
        offset = self.classifier_card.stage_offsets.get(stage, 0.0)
        explanations = (
            Explanation(label, GRAD_CAM, stage, values, region, height, width, offset)
            for label, values in zip(self.classifier_card.labels, maps.maps, strict=True)
        )
        return measured(explanations, mask)


def ready(name: str, engine: str = "torch") -> LoadedModel:
    """A model as analyses use it: run by ``engine`` where that may be, and as a rule once for one picture.

    Raises:
        UnknownName, WeightsRejected: as ``registry.load``.
        UnknownName: no such engine.
    """
    return remembering(equipped(load(name), engine))


def submit_mask(segmenter: LoadedModel, case: Case) -> Future[LesionMask]:
    """The lesion alone, by one segmenter and under its card's threshold, in the same queue as the analyses.

    Raises:
        WeightsRejected: the model is for the other task.
        Busy: the queue is full.
    """
    return WORKER.enter(segment, _segmenter(segmenter), case)


def _in_turn(told: Told | None) -> Run:
    """Each portion waits in the queue like everything else."""
    done = count(1)

    def run(portion: Callable[[], T]) -> T:
        result = WORKER.result(WORKER.submit(portion))
        if told:
            told(next(done))
        return result

    return run


def _at(mask: LesionMask, threshold: float | None) -> LesionMask:
    return mask if threshold is None else mask.at(threshold)


def _segmenter(model: LoadedModel) -> LoadedModel:
    if model.card.task != "segmentation":
        raise WeightsRejected("a segmenter", f"{model.card.name}, for {model.card.task}", "choose a segmenter")
    return model


def _reference(card: ModelCard) -> ModelRef:
    return ModelRef(card.name, card.sha256)


@contextmanager
def _timed(timings: dict[str, float], step: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    timings[step] = round((time.perf_counter() - started) * 1000, 2)
