"""How a classifier does in groups of pictures: by age, sex, body site, and by how the diagnosis was confirmed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from skinvision.reports import GroupReport
from skinvision.training.data import GROUPS, Sample
from skinvision.training.intervals import rounded, wilson

NOT_RECORDED = "not recorded"
_MELANOMA = "mel"
_AGES = (30, 45, 60, 75)
_BANDS = (
    f"< {_AGES[0]}",
    *(f"{low}–{high - 1}" for low, high in pairwise(_AGES)),
    f"≥ {_AGES[-1]}",
)


def group_reports(
    samples: Sequence[Sample], right: NDArray[np.bool_], labels: Sequence[str]
) -> dict[str, dict[str, GroupReport]]:
    """Figures by column of ``metadata.csv`` and by value: ages rising, others by their number, missing ones last.

    Args:
        samples: (N,) of one table.
        right: (N,) whether each was named correctly.
        labels: that the model knows.
    """
    melanoma = np.array([_MELANOMA in labels and sample.dx == _MELANOMA for sample in samples])
    columns = [column for column in GROUPS if all(column in sample.groups for sample in samples)]
    return {column: _by_value(_values(column, samples), right, melanoma) for column in columns}


def _values(column: str, samples: Sequence[Sample]) -> list[str]:
    told = [sample.groups[column].strip() for sample in samples]
    return [_band(age) for age in told] if column == "age_approx" else [value or NOT_RECORDED for value in told]


def _band(age: str) -> str:
    """In which of the bands an age in years lies."""
    try:
        years = float(age)
    except ValueError:
        return NOT_RECORDED
    return _BANDS[int(np.searchsorted(_AGES, years, side="right"))] if years >= 0 else NOT_RECORDED


def _by_value(values: list[str], right: NDArray[np.bool_], melanoma: NDArray[np.bool_]) -> dict[str, GroupReport]:
    of = np.array(values)
    return {value: _group(right[of == value], melanoma[of == value]) for value in _ordered(values)}


def _ordered(values: list[str]) -> list[str]:
    known = [value for value, _ in Counter(values).most_common() if value != NOT_RECORDED]
    if set(known) <= set(_BANDS):
        known.sort(key=_BANDS.index)
    return known + [NOT_RECORDED] * (NOT_RECORDED in values)


def _group(right: NDArray[np.bool_], melanoma: NDArray[np.bool_]) -> GroupReport:
    n, hits = len(right), int(right.sum())
    melanomas, found = int(melanoma.sum()), int((right & melanoma).sum())
    interval = wilson(hits, n)
    assert interval is not None
    return GroupReport(
        n=n,
        accuracy=rounded(hits / n),
        accuracy_interval=interval,
        melanomas=melanomas,
        melanoma_recall=rounded(found / melanomas) if melanomas else None,
        melanoma_interval=wilson(found, melanomas),
    )
