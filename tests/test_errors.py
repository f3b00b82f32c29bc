from __future__ import annotations

import copy
import pickle

import pytest

from skinvision import errors
from skinvision.errors import SkinvisionError, UnknownName

KINDS = ["ImageRejected", "WeightsRejected", "DataRejected", "NotWritten", "UnknownName", "ShapeMismatch"]


@pytest.mark.parametrize("kind", KINDS)
def test_each_error_is_one_of_ours_and_says_three_things(kind: str) -> None:
    error = getattr(errors, kind)("a round peg", "a square one", "turn the lathe on")
    assert isinstance(error, SkinvisionError)
    assert str(error) == "expected a round peg, got a square one; turn the lathe on"


def test_an_error_comes_whole_out_of_another_process() -> None:
    """Lightning and executors pickle what was raised."""
    error = UnknownName("a", "b", "c")
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert (type(twin), twin.expected, twin.got, twin.remedy) == (UnknownName, "a", "b", "c")


@pytest.mark.parametrize(
    ("known", "sentence"),
    [
        (("mel", "nv"), "expected a label among mel, nv, got 'xx'; choose a known label"),
        ((), "expected a label among (none), got 'xx'; choose a known label"),
    ],
)
def test_an_unknown_name_lists_the_known_ones(known: tuple[str, ...], sentence: str) -> None:
    assert str(UnknownName.among("label", "xx", known)) == sentence
