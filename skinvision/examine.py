"""One map of one picture put to all tests of ``faithfulness``."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from skinvision import faithfulness
from skinvision.attribution import attribute
from skinvision.card import ModelCard
from skinvision.classify import staged
from skinvision.faithfulness import Findings, References, Removal
from skinvision.faithfulness.curves import BATCH, DRAWS, STEPS
from skinvision.geometry import Box, place
from skinvision.methods import ON_PICTURE, method
from skinvision.models.registry import LoadedModel
from skinvision.models.staged import StagedClassifier
from skinvision.portions import Run, at_once
from skinvision.types import Explanation


def examine(
    model: LoadedModel,
    picture: Tensor,
    lesion: NDArray[np.bool_],
    explanation: Explanation,
    references: References | None = None,
    run: Run = at_once,
    *,
    in_full: bool = False,
) -> Findings:
    """All measures of one map.

    Args:
        model: the classifier that the map is about.
        picture: (1, 3, H, W) float32, as the network takes it.
        lesion: (H, W) bool, in the same pixels.
        explanation: the map.
        references: those found before for the same picture and class, and for maps of the same grain.
        run: gets ``portions`` portions.
        in_full: whether randomisation, stability and another class, which need twenty more maps, are measured of slow
            methods too.

    Raises:
        UnknownName: the model does not know the label.
    """
    card, network, index = model.card, staged(model), model.card.index_of(explanation.target)
    score = faithfulness.probability_of(network, index, card.temperature)
    own = on_input(explanation.activation_map, explanation.offset, picture)
    block = picture.shape[3] // method(explanation.method).cells(explanation.activation_map.shape[1])
    compared = faithfulness.compare(score, Removal.of(picture), own, references, run, block)
    road = faithfulness.remove_and_debias(score, picture, own, run=run)
    randomised = stability = another = None
    is_slow = method(explanation.method).is_slow
    if in_full or not is_slow:
        each_test, each_map = (at_once, run) if is_slow else (run, at_once)  # a slow map is many portions by itself
        mapper = partial(_mapped, explanation, card, each_map)
        of_network, other = partial(mapper, index, network), run(partial(_next, network, picture, index))
        randomised = faithfulness.randomise(partial(mapper, index), network, picture, run=each_test)
        stability = faithfulness.disturb(of_network, picture, card.mean, card.std, run=each_test)
        another = faithfulness.similarity(own, each_test(partial(mapper, other, network, picture)))
    evidence = on_input(np.maximum(explanation.activation_map, 0), explanation.offset, picture)
    return Findings(compared, road, randomised, stability, another, faithfulness.Inside.of(evidence, lesion))


def on_input(values: NDArray[np.float32], offset: float, picture: Tensor) -> NDArray[np.float32]:
    """A map (h, w), whose cells look ``offset`` cells beside their squares, in the pixels of the input, (H, W)."""
    height, width = picture.shape[2:]
    return place(values, Box.whole(height, width), height, width, offset)


def portions(card: ModelCard, name: str, *, with_references: bool, in_full: bool = False, channels: int = 1) -> int:
    """In how many portions ``examine`` does its work.

    Args:
        name: of the method.
        with_references: whether they are to be found too.
        in_full: as for ``examine``.
        channels: of what leaves the stage.
    """
    curves = faithfulness.curves_portions(with_references) + faithfulness.ROAD_PORTIONS
    if method(name).is_slow and not in_full:
        return curves
    levels = 1 + len(card.stages)
    return curves + method(name).portions(channels) * (1 + levels + faithfulness.STABILITY_PORTIONS + 1) + 1


def passes(name: str, *, with_references: bool, a_map: float, in_full: bool = False) -> float:
    """As long as about how many forward passes of one picture ``examine`` takes, without what ROAD imputes.

    Args:
        a_map: ``Method.passes`` of one map.
    """
    curves = 2 * STEPS * (2 + DRAWS if with_references else 1)
    return curves + BATCH + (0 if method(name).is_slow and not in_full else 21 * a_map)


def _next(network: StagedClassifier, picture: Tensor, index: int) -> int:
    """The class that the network holds most probable after that of ``index``, or before it."""
    with torch.inference_mode():
        ranked = network(picture)[0].argsort(descending=True).tolist()
    return int(next(each for each in ranked if each != index))


def _mapped(
    explanation: Explanation, card: ModelCard, run: Run, index: int, network: StagedClassifier, picture: Tensor
) -> NDArray[np.float32]:
    """The same kind of map of another class, network or picture."""
    stage = card.stages[-1] if explanation.stage == ON_PICTURE else explanation.stage
    return on_input(attribute(explanation.method, network, picture, stage, index, run), explanation.offset, picture)
