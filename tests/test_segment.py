"""Masks by networks simple enough to know what they answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from skinvision.errors import ShapeMismatch
from skinvision.geometry import Box
from skinvision.models.registry import LoadedModel
from skinvision.segment import segment
from skinvision.types import Case
from tests.samples import sample_card


class Bright(nn.Module):
    """The lesion is where the picture is bright: a logit of 8 on white, −8 on black."""

    def forward(self, pictures: Tensor) -> Tensor:
        return 4 * pictures.mean(dim=1, keepdim=True)  # the sample card normalises to −2 … 2


class Wide(nn.Module):
    """The lesion is everything where the network sees (64, 96), and nothing where it sees (96, 64)."""

    def forward(self, pictures: Tensor) -> Tensor:
        assert sorted(pictures.shape[2:]) == [64, 96]
        return torch.full_like(pictures[:, :1], 8.0 if pictures.shape[3] == 96 else -8.0)


@pytest.mark.parametrize(("height", "width"), [(64, 96), (128, 192), (96, 64), (90, 90), (600, 70)])
def test_the_mask_lies_where_the_lesion_is(height: int, width: int) -> None:
    box = Box(width // 4, height // 3, width // 2, 2 * height // 3)
    mask = segment(_model(Bright()), _case(height, width, box))
    assert mask.probability.shape == (height, width)
    truth = np.zeros((height, width), bool)
    truth[box.y0 : box.y1, box.x0 : box.x1] = True
    assert (mask.binary & truth).sum() / (mask.binary | truth).sum() > 0.9


@pytest.mark.parametrize(("height", "width", "area"), [(70, 90, 1), (80, 80, 1), (90, 70, 0)])
def test_the_network_is_turned_to_the_picture(height: int, width: int, area: int) -> None:
    assert segment(_model(Wide()), _case(height, width)).area_fraction == area


@pytest.mark.parametrize(("asked", "on_card", "used"), [(0.3, 0.4, 0.3), (None, 0.4, 0.4), (None, None, 0.5)])
def test_the_threshold_is_the_one_asked_for_or_the_cards(
    asked: float | None, on_card: float | None, used: float
) -> None:
    assert segment(_model(Bright(), on_card), _case(64, 96), asked).threshold == used


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_a_threshold_that_takes_all_or_nothing_is_refused(threshold: float) -> None:
    with pytest.raises(ShapeMismatch, match="a threshold between 0 and 1"):
        segment(_model(Bright()), _case(64, 96), threshold)


def _model(network: nn.Module, threshold: float | None = 0.5) -> LoadedModel:
    card = replace(sample_card("segmentation"), input_size=(64, 96), threshold=threshold)
    return LoadedModel(card, network, None)


def _case(height: int, width: int, bright: Box | None = None) -> Case:
    image = np.zeros((height, width, 3), np.uint8)
    if bright:
        image[bright.y0 : bright.y1, bright.x0 : bright.x1] = 255
    return Case(image, "ab" * 32)
