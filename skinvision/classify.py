"""Case + LesionMask -> Prediction."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from skinvision import trust
from skinvision.card import Region
from skinvision.errors import ShapeMismatch, WeightsRejected
from skinvision.geometry import Box, crop, square_around
from skinvision.models.inputs import as_input
from skinvision.models.registry import LoadedModel
from skinvision.models.staged import StagedClassifier
from skinvision.types import Case, LesionMask, Prediction


class Look(Protocol):
    """How a picture is looked at: what a card or a recipe says of it."""

    @property
    def name(self) -> str: ...

    @property
    def region(self) -> Region: ...

    @property
    def region_margin(self) -> float: ...

    @property
    def mean(self) -> tuple[float, float, float]: ...


def region_of(look: Look, case: Case, mask: LesionMask | None) -> Box:
    """The part of the picture that the classifier looks at, as its card names it.

    The box around the lesion is the whole picture where there is no lesion. A model that looks at whole pictures needs
    no mask.

    Raises:
        ShapeMismatch: the model looks at the lesion or the box around it, and there is no mask.
    """
    whole = Box.whole(case.height, case.width)
    if look.region == "whole":
        return whole
    if mask is None:
        raise ShapeMismatch(f"a lesion mask for {look.name}", "none", "segment the picture first")
    if mask.box is None:
        return whole
    return square_around(mask.box, look.region_margin, case.height, case.width)


def classifier_input(model: LoadedModel, case: Case, region: Box, mask: LesionMask | None = None) -> Tensor:
    """The region as (1, 3, h, w) at the card's size; ``mask`` as for ``region_of``."""
    return as_input(shown(model.card, case, region, mask), *model.card.input_size, model.card)


def shown(look: Look, case: Case, region: Box, mask: LesionMask | None) -> NDArray[np.uint8]:
    """The region of the picture, (h, w, 3); where only the lesion is looked at, without what surrounds it."""
    image = case.image
    if look.region == "lesion" and mask is not None and mask.box is not None:
        image = np.where(mask.binary[..., None], image, np.round(np.array(look.mean) * 255).astype(np.uint8))
    return crop(image, region)


def staged(model: LoadedModel) -> StagedClassifier:
    """The network of a classifier.

    Raises:
        WeightsRejected: the model is not a classifier.
    """
    if not isinstance(model.network, StagedClassifier):
        raise WeightsRejected("a classifier", f"{model.card.name}, for {model.card.task}", "choose a classifier")
    return model.network


def classify(model: LoadedModel, case: Case, mask: LesionMask | None) -> Prediction:
    """The diagnosis of one picture, without maps; ``mask`` as for ``region_of``."""
    head = staged(model).head
    picture = classifier_input(model, case, region_of(model.card, case, mask), mask)
    with torch.no_grad():
        output = head(model.run(picture))
    return predict(model, output.logits[0].numpy(), output.features[0].numpy())


def predict(model: LoadedModel, logits: NDArray[np.float32], features: NDArray[np.float32]) -> Prediction:
    """What logits (K,) and pooled features (D,) mean under the card's calibration and outlier rule.

    Raises:
        WeightsRejected: the card or the weights hold no calibration.
    """
    card = model.card
    if card.calibration is None or card.outlier is None or model.statistics is None:
        raise WeightsRejected("a calibrated classifier", f"{card.name} without calibration", "train the model again")
    probability = trust.probabilities(logits, card.calibration.temperature)
    score = float(model.statistics.distance(features[None])[0])
    return Prediction(
        labels=card.labels,
        logits=logits,
        probabilities=probability,
        prediction_set=trust.prediction_set(card.labels, probability, card.calibration),
        in_distribution=score <= card.outlier.threshold,
        ood_score=score,
    )
