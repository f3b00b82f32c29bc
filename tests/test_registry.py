"""What is written is what is read; anything else is rejected."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import safetensors.torch
import torch

from skinvision.errors import NotWritten, UnknownName, WeightsRejected
from skinvision.models import registry
from skinvision.models.registry import LoadedModel, load, names, read_card, save
from tests.tiny import save_tiny


@pytest.fixture
def classifier(tiny_models: Path, own_weights: Path) -> Path:
    """A folder of our own that holds the tiny ``resnet50``."""
    own_weights.mkdir()
    for path in tiny_models.glob("resnet50.*"):
        shutil.copy(path, own_weights)
    return own_weights


@pytest.mark.parametrize("name", ["unet", "resnet50"])
@pytest.mark.usefixtures("weights")
def test_a_loaded_model_is_ready_and_frozen(name: str) -> None:
    model = load(name)
    assert model.card == read_card(name)
    assert not any(module.training for module in model.network.modules())
    assert not any(parameter.requires_grad for parameter in model.network.parameters())
    assert (model.statistics is not None) == (name == "resnet50")


@pytest.mark.parametrize("name", ["unet", "resnet50"])
@pytest.mark.usefixtures("weights")
def test_what_a_file_fills_is_not_drawn_at_random_before(name: str) -> None:
    before = torch.get_rng_state()
    load(name)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_model_survives_being_saved_and_loaded(weights: Path, own_weights: Path, monkeypatch: Any) -> None:
    """Once rounded to float16, it comes back to the bit."""
    monkeypatch.setenv("SKINVISION_WEIGHTS", str(weights))
    first = load("resnet50")
    monkeypatch.setenv("SKINVISION_WEIGHTS", str(own_weights))
    assert save(first) == first.card
    second = load("resnet50")
    torch.testing.assert_close(second.network.state_dict(), first.network.state_dict(), rtol=0, atol=0)
    for name in ("means", "axes", "variances", "noise"):
        np.testing.assert_array_equal(getattr(second.statistics, name), getattr(first.statistics, name))
    assert second.card == first.card


def test_weights_are_kept_in_float16_with_their_hash_on_the_card(weights: Path) -> None:
    data = (weights / "resnet50.safetensors").read_bytes()
    assert {tensor.dtype for tensor in safetensors.torch.load(data).values()} == {torch.float16}
    assert read_card("resnet50").sha256 == hashlib.sha256(data).hexdigest()


def test_saving_leaves_the_network_as_it_was(weights: Path, own_weights: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("SKINVISION_WEIGHTS", str(weights))
    model = load("unet")
    model.network.train().requires_grad_(True)
    monkeypatch.setenv("SKINVISION_WEIGHTS", str(own_weights))
    save(model)
    assert model.network.training
    assert all(parameter.requires_grad and parameter.dtype == torch.float32 for parameter in model.network.parameters())


@pytest.mark.parametrize("place", [0, 0.3, 0.999])
def test_a_changed_byte_is_noticed(classifier: Path, place: float) -> None:
    path = classifier / "resnet50.safetensors"
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= 1
    path.write_bytes(data)
    with pytest.raises(WeightsRejected, match="SHA-256"):
        load("resnet50")


def test_a_truncated_file_is_noticed(classifier: Path) -> None:
    path = classifier / "resnet50.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(WeightsRejected, match="SHA-256"):
        load("resnet50")


def test_missing_weights_are_named(classifier: Path) -> None:
    (classifier / "resnet50.safetensors").unlink()
    with pytest.raises(WeightsRejected, match=r"readable resnet50\.safetensors"):
        load("resnet50")


def test_a_pickle_is_not_loaded_even_where_its_hash_is_right(classifier: Path) -> None:
    torch.save({"weight": torch.zeros(1)}, classifier / "resnet50.safetensors")
    _rewrite(classifier, sha256=hashlib.sha256((classifier / "resnet50.safetensors").read_bytes()).hexdigest())
    with pytest.raises(WeightsRejected, match="safetensors in"):
        load("resnet50")


@pytest.mark.parametrize(
    ("left_out", "message"),
    [("stages.stage4.0.conv1.weight", "weights that fit"), ("features.noise", "weights that fit")],
)
def test_an_incomplete_file_is_rejected(classifier: Path, left_out: str, message: str) -> None:
    path = classifier / "resnet50.safetensors"
    tensors = safetensors.torch.load_file(path)
    del tensors[left_out]
    safetensors.torch.save_file(tensors, path)
    _rewrite(classifier, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(WeightsRejected, match=message):
        load("resnet50")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": ["mel", "nv"], "titles": ["Melanoma", "Nevus"]}, "weights that fit"),
        ({"labels": ["mel"] * 7}, "labels that differ"),
        ({"titles": ["Melanoma"]}, "each with its title"),
        ({"std": [0.0, 0.2, 0.2]}, "standard deviations"),
        ({"input_size": [0, 0]}, "an input size"),
        ({"calibration": {"temperature": 0.0, "coverage": 0.9, "quantile": 0.5}}, "a temperature"),
        ({"architecture": {"builder": "resnet", "library": "torchvision", "encoder": "resnet34"}}, "weights that fit"),
        ({"stages": ["stage4", "stage5"]}, "stages among"),
        ({"stages": []}, "stages among"),
        ({"name": "../unet"}, "the name 'resnet50'"),
        ({"task": "detection"}, "a card of this version"),
        ({"input_size": "224"}, "a card of this version"),
    ],
)
def test_a_card_that_does_not_fit_is_rejected(classifier: Path, changes: dict[str, Any], message: str) -> None:
    _rewrite(classifier, **changes)
    with pytest.raises(WeightsRejected, match=message):
        load("resnet50")


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b"[" * 2000])
def test_a_card_that_is_none_is_rejected(classifier: Path, content: bytes) -> None:
    (classifier / "resnet50.json").write_bytes(content)
    with pytest.raises(WeightsRejected, match=r"a card of this version in resnet50\.json"):
        read_card("resnet50")


def test_a_card_without_a_field_is_rejected(classifier: Path) -> None:
    path = classifier / "resnet50.json"
    fields = msgspec.json.decode(path.read_bytes())
    del fields["mean"]
    path.write_bytes(msgspec.json.encode(fields))
    with pytest.raises(WeightsRejected, match="mean"):
        read_card("resnet50")


@pytest.mark.parametrize(
    "name",
    [
        "resnet51",
        "",
        ".",
        "..",
        "../weights/resnet50",
        "sub/resnet50",
        "{folder}/resnet50",
        "resnet50.json",
        "resnet50\0",
    ],
)
def test_a_name_is_never_a_path(classifier: Path, name: str) -> None:
    (classifier / "sub").mkdir()
    (classifier / "sub" / "resnet50.json").write_bytes((classifier / "resnet50.json").read_bytes())
    with pytest.raises(UnknownName, match="a model among resnet50"):
        load(name.format(folder=classifier))


def test_names_are_listed_by_task_with_the_default_first(classifier: Path) -> None:
    for name in ("alpha", "zulu"):
        _copy(classifier, name)
    save_tiny("segmentation")
    assert names("classification") == ("resnet50", "alpha", "zulu")
    assert names("segmentation") == ("unet",)


def test_an_empty_folder_has_no_names(own_weights: Path) -> None:
    assert names("classification") == ()
    with pytest.raises(UnknownName, match=r"\(none\)"):
        load("resnet50")
    assert not own_weights.exists()


def test_saving_replaces_a_model_and_leaves_nothing_else(classifier: Path) -> None:
    model = load("resnet50")
    save(replace(model, card=replace(model.card, title="another")))
    assert read_card("resnet50").title == "another"
    assert sorted(path.name for path in classifier.iterdir()) == ["resnet50.json", "resnet50.safetensors"]


@pytest.mark.parametrize("fault", ["history", "weight", "name"])
def test_what_could_not_be_read_again_is_not_written(classifier: Path, fault: str) -> None:
    model = load("resnet50")
    before = _contents(classifier)
    with pytest.raises(WeightsRejected):
        save(_spoilt(model, fault))
    assert _contents(classifier) == before
    assert _contents(classifier.parent).keys() == {classifier.name}


def test_where_writing_fails_the_older_model_stays_whole(classifier: Path) -> None:
    model = load("resnet50")
    before = _contents(classifier)
    obstacle = classifier / f".resnet50.json.{os.getpid()}"
    obstacle.mkdir()
    model.network.head.linear.bias += 1
    with pytest.raises(NotWritten, match="directory"):
        save(model)
    obstacle.rmdir()
    assert _contents(classifier) == before
    load("resnet50")


def test_the_shipped_folder_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SKINVISION_WEIGHTS", raising=False)
    assert registry.folder() == Path(__file__).parents[1] / "weights"


def _spoilt(model: LoadedModel, fault: str) -> LoadedModel:
    if fault == "name":
        return replace(model, card=replace(model.card, name="../elsewhere"))
    if fault == "history":
        epoch = replace(model.card.history.epochs[0], train_loss=float("nan"))
        return replace(model, card=replace(model.card, history=replace(model.card.history, epochs=(epoch,))))
    with torch.no_grad():
        model.network.head.linear.weight[0, 0] = 70000
    return model


def _rewrite(folder: Path, **changes: Any) -> None:
    path = folder / "resnet50.json"
    path.write_bytes(msgspec.json.encode(msgspec.json.decode(path.read_bytes()) | changes))


def _copy(folder: Path, name: str) -> None:
    card = replace(read_card("resnet50"), name=name)
    (folder / f"{name}.json").write_bytes(msgspec.json.encode(card))


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() if path.is_file() else b"" for path in folder.iterdir()}
