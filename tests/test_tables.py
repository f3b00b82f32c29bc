from __future__ import annotations

from dataclasses import replace

import pytest

from skinvision.card import ModelCard, Speed, Task
from skinvision.render.tables import model_tables, report_tables
from tests.samples import LABELS, classification_report, sample_card, segmentation_report


def cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


def test_a_segmentation_report_is_one_table() -> None:
    assert report_tables(segmentation_report()) == (
        "| figure              | value |          95 % |\n"
        "| ------------------- | ----: | ------------: |\n"
        "| n                   |   600 |             – |\n"
        "| dice                | 0.882 | 0.870 … 0.890 |\n"
        "| jaccard             | 0.805 | 0.790 … 0.820 |\n"
        "| thresholded jaccard | 0.750 |             – |\n"
        "| sensitivity         | 0.870 |             – |\n"
        "| specificity         | 0.970 |             – |"
    )


def test_a_classification_report_has_its_figures_its_classes_and_its_confusion() -> None:
    report = classification_report()
    figures, classes, confusion, *groups = (cells(table) for table in report_tables(report).split("\n\n"))
    assert ["balanced accuracy", "0.790", "0.740 … 0.830"] in figures
    assert [row[0] for row in classes[2:]] == list(LABELS)
    assert ["df", "0", "–", "–", "–", "–", "–"] in classes
    assert confusion[0][1:] == list(LABELS)
    assert [[int(cell) for cell in row[1:]] for row in confusion[2:]] == [list(row) for row in report.confusion]
    assert [table[0][0] for table in groups] == list(report.groups)
    assert ["female", "400", "0.850", "0.812 … 0.882", "9", "0.556", "0.267 … 0.811"] in groups[1]


@pytest.mark.parametrize(
    ("task", "row"),
    [
        (
            "segmentation",
            ["UNet (`unet`)", "2.5 M", "20.5", "600", "0.882", "0.805", "0.790 … 0.820", "0.750", "0.870", "0.970"],
        ),
        (
            "classification",
            [
                "ResNet-50 (`resnet50`)",
                "2.5 M",
                "20.5",
                "1358",
                "0.876",
                "0.790",
                "0.740 … 0.830",
                "0.750",
                "0.950",
                "0.021",
            ],
        ),
    ],
)
def test_a_model_is_a_row_with_its_test_figures(task: Task, row: list[str]) -> None:
    card = replace(sample_card(task), parameters=2_490_000, speed=Speed(20.49, "a machine"))
    assert cells(model_tables([card]))[2:] == [row]


def test_a_model_that_was_not_tested_has_dashes() -> None:
    untested = replace(sample_card("segmentation"), test=None)
    assert cells(model_tables([untested]))[2][2:] == ["–"] * 8


def test_every_task_has_its_table() -> None:
    cards: list[ModelCard] = [sample_card("classification"), sample_card("segmentation"), sample_card("classification")]
    assert [len(cells(table)) for table in model_tables(cards).split("\n\n")] == [3, 4]
