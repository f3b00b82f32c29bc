"""Figures of groups of pictures, on tables small enough to count."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from skinvision.reports import GroupReport
from skinvision.training.data import Sample
from skinvision.training.groups import NOT_RECORDED, group_reports
from skinvision.training.intervals import wilson

LABELS = ("mel", "nv")


def samples(dx: Sequence[str], **columns: Sequence[str]) -> list[Sample]:
    rows = (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))
    tables = zip(dx, rows, strict=True)
    return [Sample(f"p{index}", label, "test", Path(), Path(), "", row) for index, (label, row) in enumerate(tables)]


def test_pictures_and_melanomas_are_counted_by_value() -> None:
    table = samples(["mel", "mel", "nv", "nv", "nv"], sex=["male", "female", "male", "male", "female"])
    groups = group_reports(table, np.array([True, False, True, False, True]), LABELS)
    assert list(groups) == ["sex"]
    assert groups["sex"] == {
        "male": GroupReport(3, 0.66667, wilson(2, 3), 1, 1.0, wilson(1, 1)),
        "female": GroupReport(2, 0.5, wilson(1, 2), 1, 0.0, wilson(0, 1)),
    }


@pytest.mark.parametrize(
    ("age", "band"),
    [
        ("0.0", "< 30"),
        ("29.9", "< 30"),
        ("30.0", "30–44"),
        ("45", "45–59"),
        ("74", "60–74"),
        ("75.0", "≥ 75"),
        ("", NOT_RECORDED),
        ("nan", NOT_RECORDED),
        ("unknown", NOT_RECORDED),
        ("-1", NOT_RECORDED),
    ],
)
def test_ages_are_put_in_bands(age: str, band: str) -> None:
    groups = group_reports(samples(["nv"], age_approx=[age]), np.array([True]), LABELS)
    assert list(groups["age_approx"]) == [band]


def test_ages_rise_other_values_fall_in_number_and_missing_ones_come_last() -> None:
    sites, ages = ["", "", "", "foot", "arm", "arm"], ["", "80", "80", "80", "20", "50"]
    groups = group_reports(samples(["nv"] * 6, anatom_site_general=sites, age_approx=ages), np.ones(6, bool), LABELS)
    assert list(groups["anatom_site_general"]) == ["arm", "foot", NOT_RECORDED]
    assert list(groups["age_approx"]) == ["< 30", "45–59", "≥ 75", NOT_RECORDED]


def test_without_melanomas_nothing_is_said_of_them() -> None:
    (report,) = group_reports(samples(["nv"], sex=["male"]), np.array([True]), ("nv",))["sex"].values()
    assert (report.melanomas, report.melanoma_recall, report.melanoma_interval) == (0, None, None)


def test_a_table_without_such_columns_has_no_groups() -> None:
    assert group_reports([Sample("p", "nv", "test", Path(), Path())], np.array([True]), LABELS) == {}
