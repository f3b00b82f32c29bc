"""Figures that are measured anew go into the card, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from skinvision.card import Dataset, ModelCard, Task
from skinvision.classify import staged
from skinvision.cli import main
from skinvision.errors import DataRejected, WeightsRejected
from skinvision.models import registry
from skinvision.phantom import Feature
from skinvision.reports import ClassificationReport, SegmentationReport
from skinvision.training.centres import stage_offsets
from skinvision.training.evaluate import evaluate
from skinvision.training.remeasure import remeasure
from tests.lessons import write_lesions
from tests.tiny import save_tiny

COUNTS = {"train": 2, "val": 4, "test": 6}
TASKS: tuple[Task, Task] = ("segmentation", "classification")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve synthetic lesions, every other one with vessels; each two are one lesion of a person of 20, 30, 40 …."""
    kinds: tuple[tuple[str, Feature], ...] = (("vasc", "vessels"), ("mel", "network"))
    splits = [split for split, number in COUNTS.items() for _ in range(number)]
    lesions = ((*kinds[seed % 2], split) for seed, split in enumerate(splits))
    folder = write_lesions(tmp_path_factory.mktemp("data"), lesions, height=64, width=96)
    head, *rows = (folder / "metadata.csv").read_text().splitlines()
    more = [f"{row},L{index // 2},{20 + 10 * (index // 2)}" for index, row in enumerate(rows)]
    (folder / "metadata.csv").write_text("\n".join([f"{head},lesion_id,age_approx", *more]))
    return folder


@pytest.fixture
def card(own_weights: Path, request: pytest.FixtureRequest) -> ModelCard:
    """The tiny model of a task, whose card speaks of as many pictures as ``data`` has and tells made-up figures."""
    card = save_tiny(request.param)
    card = replace(card, data=(Dataset("Synthetic lesions", "CC0", "nobody", "by seed", COUNTS),))
    registry.rewrite(card)
    assert own_weights.is_dir()
    return card


@pytest.mark.parametrize("card", TASKS, indirect=True)
def test_the_card_gets_what_evaluate_finds_and_keeps_everything_else(
    card: ModelCard, own_weights: Path, data: Path
) -> None:
    weights = (own_weights / f"{card.name}.safetensors").read_bytes()
    written = remeasure(card.task, data)
    assert (own_weights / f"{card.name}.safetensors").read_bytes() == weights
    assert sorted(path.name for path in own_weights.iterdir()) == [f"{card.name}.json", f"{card.name}.safetensors"]
    assert registry.load(card.name).card == written
    assert written.val == evaluate(card.task, data, "val", card.name)
    assert written.test == evaluate(card.task, data, "test", card.name)
    assert written.stage_offsets == _offsets(card)
    assert replace(written, val=card.val, test=card.test, stage_offsets=card.stage_offsets) == card


@pytest.mark.parametrize("card", TASKS, indirect=True)
def test_what_is_measured_twice_is_the_same_to_the_byte(card: ModelCard, own_weights: Path, data: Path) -> None:
    remeasure(card.task, data)
    before = (own_weights / f"{card.name}.json").read_bytes()
    remeasure(card.task, data)
    assert (own_weights / f"{card.name}.json").read_bytes() == before


@pytest.mark.parametrize("card", TASKS, indirect=True)
def test_the_command_prints_the_card_as_it_wrote_it(
    card: ModelCard, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", card.task, "--data", str(data), "--update", "--json"]) == 0
    assert msgspec.json.decode(capsys.readouterr().out, type=ModelCard) == registry.read_card(card.name) != card


@pytest.mark.parametrize("card", ["classification"], indirect=True)
def test_intervals_and_groups_are_measured_too(card: ModelCard, data: Path) -> None:
    report = remeasure("classification", data, card.name).test
    assert isinstance(report, ClassificationReport)
    for figure in ("accuracy", "balanced_accuracy", "macro_f1", "macro_auc", "ece"):
        low, high = getattr(report, f"{figure}_interval")
        assert low <= getattr(report, figure) <= high
    ages = report.groups["age_approx"]
    assert {band: (group.n, group.melanomas) for band, group in ages.items()} == {"45–59": (2, 1), "60–74": (4, 2)}
    hits = sum(report.confusion[index][index] for index in range(len(report.labels)))
    assert sum(group.accuracy * group.n for group in ages.values()) == pytest.approx(hits)


@pytest.mark.parametrize("card", ["segmentation"], indirect=True)
def test_every_mean_of_a_segmenter_has_its_interval(card: ModelCard, data: Path) -> None:
    report = remeasure("segmentation", data, card.name).test
    assert isinstance(report, SegmentationReport)
    for figure in ("dice", "jaccard", "thresholded_jaccard", "sensitivity", "specificity"):
        low, high = getattr(report, f"{figure}_interval")
        assert low <= getattr(report, figure) <= high


@pytest.mark.parametrize("card", TASKS, indirect=True)
def test_other_pictures_than_the_card_speaks_of_are_refused(card: ModelCard, own_weights: Path, lesions: Path) -> None:
    before = (own_weights / f"{card.name}.json").read_bytes()
    with pytest.raises(DataRejected, match="the 4 pictures of the split val that the card of"):
        remeasure(card.task, lesions)
    assert (own_weights / f"{card.name}.json").read_bytes() == before


@pytest.mark.parametrize("card", ["segmentation"], indirect=True)
def test_a_card_about_other_weights_is_not_written(card: ModelCard) -> None:
    with pytest.raises(WeightsRejected, match="a card for the weights"):
        registry.rewrite(replace(card, sha256="0" * 64))
    assert registry.read_card(card.name) == card


@pytest.mark.parametrize("name", ["unet", "resnet50"])
def test_a_card_from_before_there_were_intervals_and_groups_is_read(name: str, weights: Path) -> None:
    """All that cards have got since is left out here."""
    new = {"speed", "groups", "precision_interval", *(f"{figure}_interval" for figure in FIGURES)}
    old = _without(msgspec.json.decode((weights / f"{name}.json").read_bytes()), new)
    card = msgspec.convert(old, ModelCard)
    assert card.test is not None
    assert (card.speed, getattr(card.test, "groups", {})) == (None, {})


FIGURES = ("accuracy", "macro_f1", "macro_auc", "ece", "dice", "thresholded_jaccard", "sensitivity", "specificity")


def _without(value: object, names: set[str]) -> object:
    if isinstance(value, dict):
        return {key: _without(of, names) for key, of in value.items() if key not in names}
    return [_without(of, names) for of in value] if isinstance(value, list) else value


def test_the_shipped_cards_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SKINVISION_WEIGHTS", raising=False)
    assert {registry.read_card(name).task for task in TASKS for name in registry.names(task)} == set(TASKS)


def _offsets(card: ModelCard) -> dict[str, float]:
    return stage_offsets(staged(registry.load(card.name)), card) if card.task == "classification" else {}
