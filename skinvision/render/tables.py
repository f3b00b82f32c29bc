"""Cards and reports as text: Markdown tables whose columns line up, to be read in a terminal or put on a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from skinvision.card import ClassificationReport, ModelCard, SegmentationReport, Task

_NONE = "–"
_HEADS: dict[Task, tuple[str, ...]] = {
    "segmentation": ("segmentation", "parameters", "n", "Dice", "Jaccard", "95 %", "thresholded Jaccard"),
    "classification": ("classification", "parameters", "n", "accuracy", "balanced", "95 %", "macro AUC", "ECE"),
}
_CLASSIFICATION = (
    "accuracy",
    "balanced_accuracy",
    "balanced_accuracy_interval",
    "macro_f1",
    "macro_auc",
    "nll",
    "ece",
    "ece_uncalibrated",
    "coverage",
    "mean_set_size",
    "kept",
)
_SEGMENTATION = ("dice", "jaccard", "jaccard_interval", "thresholded_jaccard", "sensitivity", "specificity")


def model_tables(cards: Iterable[ModelCard]) -> str:
    """One table per task: each model with its figures on the test split; ends without a line break."""
    cards = tuple(cards)
    rows = {task: [_model(card) for card in cards if card.task == task] for task in _HEADS}
    return "\n\n".join(_table(head, rows[task]) for task, head in _HEADS.items() if rows[task])


def report_tables(report: SegmentationReport | ClassificationReport) -> str:
    """The figures of one report, for a classifier also by class, and its confusion; ends without a line break."""
    if isinstance(report, SegmentationReport):
        return _figures(report, _SEGMENTATION)
    tables = [_figures(report, _CLASSIFICATION), _by_class(report), _confusion(report)]
    if report.unscored:
        unknown = ", ".join(f"{dx or '(none)'} {n}" for dx, n in report.unscored.items())
        tables.append(f"Not scored, since the model lacks the diagnosis: {unknown}")
    return "\n\n".join(tables)


def _model(card: ModelCard) -> list[str]:
    row, test = [f"{card.title} (`{card.name}`)", f"{card.parameters / 1e6:.1f} M"], card.test
    if test is None:
        return row
    figures = (
        (test.dice, test.jaccard, test.jaccard_interval, test.thresholded_jaccard)
        if isinstance(test, SegmentationReport)
        else (test.accuracy, test.balanced_accuracy, test.balanced_accuracy_interval, test.macro_auc, test.ece)
    )
    return [*row, str(test.n), *map(_number, figures)]


def _figures(report: SegmentationReport | ClassificationReport, names: Iterable[str]) -> str:
    rows = [(name.replace("_", " "), _number(getattr(report, name))) for name in names]
    return _table(("figure", "value"), [("n", str(report.n)), *rows])


def _by_class(report: ClassificationReport) -> str:
    rows = [
        (label, str(found.n), *map(_number, (found.recall, found.recall_interval, found.precision, found.auc)))
        for label, found in report.per_class.items()
    ]
    return _table(("class", "n", "recall", "95 %", "precision", "AUC"), rows)


def _confusion(report: ClassificationReport) -> str:
    rows = [(label, *map(str, row)) for label, row in zip(report.labels, report.confusion, strict=True)]
    return _table(("true \\ predicted", *report.labels), rows)


def _number(value: float | tuple[float, float] | None) -> str:
    if value is None:
        return _NONE
    return f"{value[0]:.3f} … {value[1]:.3f}" if isinstance(value, tuple) else f"{value:.3f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Markdown with the first column to the left and the others to the right; short rows are filled up."""
    lines = [head, *([*row, *[_NONE] * (len(head) - len(row))] for row in rows)]
    widths = [max(3, *map(len, column)) for column in zip(*lines, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    title, *body = (
        [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))]
        for line in lines
    )
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (title, rule, *body))
