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
from skinvision.geometry import Box, place
from skinvision.methods import method
from skinvision.models.registry import LoadedModel
from skinvision.models.staged import StagedClassifier
from skinvision.portions import Run, at_once

_MOST_PASSES = 100  # of one map, where a test needs twenty maps


def saliency(
    name: str, card: ModelCard, stage: str, target: int, network: StagedClassifier, picture: Tensor
) -> NDArray[np.float32]:
    """The map of one class by one method in the pixels of the network's input, (H, W) float32, signed.

    Args and raises as for ``attribute``.
    """
    values = attribute(name, network, picture, stage, target)
    height, width = picture.shape[2:]
    offset = card.stage_offsets.get(stage, 0.0) if method(name).by_stage else 0.0
    whole = Box.whole(height, width)
    return place(values, whole, height, width, offset)


def examine(
    model: LoadedModel,
    picture: Tensor,
    lesion: NDArray[np.bool_],
    name: str,
    stage: str,
    target: str,
    references: References | None = None,
    run: Run = at_once,
) -> Findings:
    """All measures of one map.

    Args:
        model: a calibrated classifier.
        picture: (1, 3, H, W) float32, as the network takes it.
        lesion: (H, W) bool, in the same pixels.
        name: of the method. Where one map takes many passes, randomisation and stability, which need twenty maps, are
            left out.
        references: those found before for the same picture and class.
        run: gets ``portions`` portions.

    Raises:
        UnknownName: no such method, stage or label.
    """
    card, network, index = model.card, staged(model), model.card.index_of(target)
    temperature = card.calibration.temperature if card.calibration else 1.0
    score = faithfulness.probability_of(network, index, temperature)
    mapper = partial(saliency, name, card, stage, index)
    own, channels = run(lambda: (mapper(network, picture), int(network.below(picture, stage).shape[1])))
    compared = faithfulness.compare(score, Removal.of(picture), own, references, run)
    road = faithfulness.remove_and_debias(score, picture, own, run=run)
    randomised = stability = None
    if _is_quick(card, name, stage, channels):
        randomised = faithfulness.randomise(mapper, network, picture, run=run)
        stability = faithfulness.disturb(partial(mapper, network), picture, card.mean, card.std, run=run)
    return Findings(compared, road, randomised, stability, faithfulness.Inside.of(own, lesion))


def portions(card: ModelCard, name: str, stage: str, channels: int, with_references: bool = True) -> int:
    """In how many portions ``examine`` does its work.

    Args:
        channels: C of what leaves ``stage``.
        with_references: whether they are to be found too.
    """
    curves = 1 + faithfulness.curves_portions(with_references) + faithfulness.ROAD_PORTIONS
    if not _is_quick(card, name, stage, channels):
        return curves
    levels = 1 + len(card.stages)
    return curves + 1 + levels + faithfulness.STABILITY_PORTIONS


def _is_quick(card: ModelCard, name: str, stage: str, channels: int) -> bool:
    """Whether a map takes so few passes that twenty of them can be waited for."""
    above = 1 - (1 + card.stages.index(stage)) / len(card.stages)
    return method(name).passes(channels, above) <= _MOST_PASSES
