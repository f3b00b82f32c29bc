"""A picture that a network has seen costs no second run, and what is kept has a bound."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from skinvision import phantom
from skinvision.models.memory import MOST_BYTES, MOST_ENTRIES, Remembering, remembering
from skinvision.models.registry import LoadedModel, load
from skinvision.pipeline import Analyser, ready
from skinvision.types import Case
from tests.samples import sample_card


class Doubling(nn.Module):
    """Gives twice the picture, and counts how often it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, picture: Tensor) -> Tensor:
        self.calls += 1
        return 2 * picture


@pytest.fixture
def doubling() -> Doubling:
    return Doubling()


@pytest.fixture
def model(doubling: Doubling) -> LoadedModel:
    return remembering(LoadedModel(sample_card("segmentation"), doubling, None))


def test_the_same_picture_runs_once(model: LoadedModel, doubling: Doubling) -> None:
    picture = torch.rand(1, 3, 8, 6)
    again = picture.clone().contiguous(memory_format=torch.channels_last)
    for each in (picture, again):
        torch.testing.assert_close(model.run(each), 2 * picture)
    assert doubling.calls == 1


@pytest.mark.parametrize("change", ["one value", "the shape", "turned"])
def test_another_picture_runs(model: LoadedModel, doubling: Doubling, change: str) -> None:
    picture = torch.zeros(1, 3, 8, 6)
    other = picture.clone()
    if change == "one value":
        other[0, 2, 7, 5] = 1e-6
    elif change == "the shape":
        other = torch.zeros(1, 3, 6, 8)
    else:
        picture[0, 0, 0, 0] = 1
        other = picture.flip(2)
    for each in (picture, other):
        torch.testing.assert_close(model.run(each), 2 * each)
    assert doubling.calls == 2


@pytest.mark.parametrize(("side", "most"), [(8, MOST_ENTRIES), (512, MOST_BYTES // (4 * 3 * 512 * 512))])
def test_entries_and_bytes_are_bounded(model: LoadedModel, doubling: Doubling, side: int, most: int) -> None:
    engine = model.engine
    assert isinstance(engine, Remembering)
    for number in range(most + 3):
        model.run(torch.full((1, 3, side, side), float(number)))
    assert len(engine.kept) == most
    assert sum(found.nbytes for found in engine.kept.values()) <= MOST_BYTES
    model.run(torch.full((1, 3, side, side), float(most + 2)))  # the latest is kept
    assert doubling.calls == most + 3
    model.run(torch.zeros(1, 3, side, side))  # the first one is not
    assert doubling.calls == most + 4


@pytest.mark.usefixtures("weights")
def test_a_picture_that_was_analysed_costs_no_network() -> None:
    models = [ready("unet"), ready("resnet50")]
    first = Analyser(*models).analyse(case := Case(phantom.draw(1, height=80, width=90).image, "0"))
    kept = [model.engine for model in models]
    assert all(isinstance(engine, Remembering) and len(engine.kept) == 1 for engine in kept)
    cannot_run = [replace(model, engine=engine) for model, engine in zip(models, kept, strict=True)]
    with torch.nn.modules.module.register_module_forward_pre_hook(_refuse_convolution):
        again = Analyser(*cannot_run).analyse(replace(case, sha256="1"))
    assert again.mask.probability.tobytes() == first.mask.probability.tobytes()
    assert again.prediction.logits.tobytes() == first.prediction.logits.tobytes()
    assert [e.activation_map.tobytes() for e in again.explanations] == [
        e.activation_map.tobytes() for e in first.explanations
    ]


@pytest.mark.usefixtures("weights")
def test_what_is_loaded_without_a_memory_runs_each_time() -> None:
    assert load("unet").engine is None


def _refuse_convolution(module: nn.Module, _: object) -> None:
    assert not isinstance(module, nn.Conv2d), "a network ran"
