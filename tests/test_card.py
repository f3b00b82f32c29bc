from __future__ import annotations

import subprocess
import sys
from typing import Any, get_args

import msgspec
import pytest

from skinvision.card import Epoch, ModelCard, Task
from skinvision.errors import UnknownName
from tests.pages import ROOT
from tests.samples import TITLES, sample_card


@pytest.mark.parametrize("task", get_args(Task))
def test_a_card_comes_back_from_json_as_it_was(task: Task) -> None:
    card = sample_card(task)
    assert msgspec.json.decode(msgspec.json.encode(card), type=ModelCard) == card


@pytest.mark.parametrize("task", get_args(Task))
def test_the_kind_of_report_is_written_down(task: Task) -> None:
    assert msgspec.to_builtins(sample_card(task))["test"]["task"] == task


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("task", "detection"),
        ("input_size", [224]),
        ("mean", [0.5, "grey", 0.5]),
        ("region", "corner"),
        ("history", {"score_name": "Jaccard", "epochs": [{"epoch": 0}]}),
        ("sha256", None),
    ],
)
def test_a_card_of_another_form_is_not_read(field: str, value: Any) -> None:
    fields = msgspec.to_builtins(sample_card("classification")) | {field: value}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(fields, ModelCard)


def test_an_epoch_without_a_loss_is_not_read() -> None:
    """NaN becomes null in JSON: what writes cards has to look out for it."""
    epoch = Epoch(0, (64, 64), float("nan"), 1.0, 0.5, 1.0)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(epoch), type=Epoch)


@pytest.mark.parametrize("label", TITLES)
def test_a_label_has_its_full_name(label: str) -> None:
    assert sample_card("classification").title_of(label) == TITLES[label]


def test_a_label_that_does_not_exist_is_said() -> None:
    with pytest.raises(UnknownName, match="a label among akiec"):
        sample_card("classification").title_of("tinea")


def test_many_threads_may_read_cards_first_thing() -> None:
    """Where each made its own decoder, half of such processes crashed."""
    program = (
        "import sys, threading\n"
        "from skinvision import catalogue\n"
        "sys.setswitchinterval(1e-5)\n"
        "gate = threading.Barrier(4)\n"
        "def read():\n"
        "    gate.wait()\n"
        "    catalogue.names('classification')\n"
        "threads = [threading.Thread(target=read) for _ in range(4)]\n"
        "for step in (threading.Thread.start, threading.Thread.join):\n"
        "    for thread in threads:\n"
        "        step(thread)\n"
    )
    for _ in range(4):
        done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
