"""One map of one picture put to all tests of ``faithfulness``."""

from __future__ import annotations

from functools import partial

import numpy as np
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
from skinvision.models.staged import StagedClassifier, shapes
from skinvision.portions import Run, at_once
from skinvision.types import Explanation

_SIDE = 64  # px, that the cells of every last stage divide


def examine(
    model: LoadedModel,
    picture: Tensor,
    lesion: NDArray[np.bool_],
    explanation: Explanation,
    references: References | None = None,
    run: Run = at_once,
) -> Findings:
    """All measures of one map.

    Args:
        model: the classifier that the map is about.
        picture: (1, 3, H, W) float32, as the network takes it.
        lesion: (H, W) bool, in the same pixels.
        explanation: the map. Where its method is slow, randomisation and stability, which need twenty more maps, are
            left out.
        references: those found before for the same picture and class.
        run: gets ``portions`` portions.

    Raises:
        UnknownName: the model does not know the label.
    """
    card, network, index = model.card, staged(model), model.card.index_of(explanation.target)
    score = faithfulness.probability_of(network, index, card.temperature)
    own = on_input(explanation.activation_map, explanation.offset, picture)
    block = _SIDE // shapes(network, _SIDE)[card.stages[-1]][1]
    compared = faithfulness.compare(score, Removal.of(picture), own, references, run, block)
    road = faithfulness.remove_and_debias(score, picture, own, run=run)
    randomised = stability = None
    if not method(explanation.method).is_slow:
        mapper = partial(_mapped, explanation, card, index)
        randomised = faithfulness.randomise(mapper, network, picture, run=run)
        stability = faithfulness.disturb(partial(mapper, network), picture, card.mean, card.std, run=run)
    evidence = on_input(np.maximum(explanation.activation_map, 0), explanation.offset, picture)
    return Findings(compared, road, randomised, stability, faithfulness.Inside.of(evidence, lesion))


def on_input(values: NDArray[np.float32], offset: float, picture: Tensor) -> NDArray[np.float32]:
    """A map (h, w), whose cells look ``offset`` cells beside their squares, in the pixels of the input, (H, W)."""
    height, width = picture.shape[2:]
    return place(values, Box.whole(height, width), height, width, offset)


def portions(card: ModelCard, name: str, *, with_references: bool) -> int:
    """In how many portions ``examine`` does its work.

    Args:
        name: of the method.
        with_references: whether they are to be found too.
    """
    curves = faithfulness.curves_portions(with_references) + faithfulness.ROAD_PORTIONS
    if method(name).is_slow:
        return curves
    levels = 1 + len(card.stages)
    return curves + 1 + levels + faithfulness.STABILITY_PORTIONS


def passes(name: str, *, with_references: bool) -> int:
    """As long as about how many forward passes of one picture ``examine`` takes, without what ROAD imputes."""
    curves = 2 * STEPS * (2 + DRAWS if with_references else 1)
    return curves + BATCH + (0 if method(name).is_slow else 20 * 3)


def _mapped(
    explanation: Explanation, card: ModelCard, index: int, network: StagedClassifier, picture: Tensor
) -> NDArray[np.float32]:
    """The same kind of map of another network or picture."""
    stage = card.stages[-1] if explanation.stage == ON_PICTURE else explanation.stage
    return on_input(attribute(explanation.method, network, picture, stage, index), explanation.offset, picture)
