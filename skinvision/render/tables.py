"""Cards and reports as text: Markdown tables whose columns line up, to be read in a terminal or put on a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from skinvision.card import ModelCard, Task
from skinvision.methods import METHODS
from skinvision.reports import (
    GUESSES,
    ClassificationReport,
    FoundReport,
    GroupReport,
    Interval,
    MethodReport,
    Parity,
    SegmentationReport,
    Sweep,
    TruthReport,
)

_NONE = "–"
_FIGURES: dict[Task, tuple[tuple[str, str], ...]] = {
    "segmentation": (
        ("Dice", "dice"),
        ("Jaccard", "jaccard"),
        ("95 %", "jaccard_interval"),
        ("thresholded", "thresholded_jaccard"),
        ("sensitivity", "sensitivity"),
        ("specificity", "specificity"),
    ),
    "classification": (
        ("accuracy", "accuracy"),
        ("balanced", "balanced_accuracy"),
        ("95 %", "balanced_accuracy_interval"),
        ("macro F1", "macro_f1"),
        ("macro AUC", "macro_auc"),
        ("ECE", "ece"),
    ),
}
_CLASSIFICATION = (
    "accuracy",
    "balanced_accuracy",
    "macro_f1",
    "macro_auc",
    "nll",
    "ece",
    "ece_uncalibrated",
    "coverage",
    "mean_set_size",
    "kept",
)
_SEGMENTATION = ("dice", "jaccard", "thresholded_jaccard", "sensitivity", "specificity")


def model_tables(cards: Iterable[ModelCard]) -> str:
    """One table per task: each model with its figures on the test split; ends without a line break."""
    cards = tuple(cards)
    rows = {task: [_model(card) for card in cards if card.task == task] for task in _FIGURES}
    return "\n\n".join(_table(_head(task), rows[task]) for task in _FIGURES if rows[task])


def sweep_table(sweep: Sweep) -> str:
    """What changes that should not matter do to a classifier; ends without a line break."""
    rows = [
        [of.title, *(_with_ends(figure) if figure else _NONE for figure in (of.flips, of.loss, of.leaves))]
        for of in sweep.under.values()
    ]
    head = ("change", "answers changed", "balanced accuracy lost", "evidence that left the lesion")
    return _table(head, rows)


def flips_table(sweeps: Mapping[str, Sweep]) -> str:
    """How many answers each change turns, of several classifiers by their names; ends without a line break."""
    titles = {name: of.title for sweep in sweeps.values() for name, of in sweep.under.items()}
    rows = (
        [title, *(_with_ends(sweep.under[name].flips) if name in sweep.under else _NONE for sweep in sweeps.values())]
        for name, title in titles.items()
    )
    return _table(("change", *sweeps), rows)


def parity_table(found: Mapping[str, Parity]) -> str:
    """How near other engines are to torch; ends without a line break."""
    rows = (
        [name, f"{of.n}", f"{of.same:.4f}", f"{of.worst:.4f}", f"{of.time:.2f}", "yes" if of.holds else "no"]
        for name, of in found.items()
    )
    return _table(("engine", "n", "same answer", "worst logit, in SD", "time / torch's", "may be used"), rows)


def contest_table(reports: Mapping[str, MethodReport]) -> str:
    """How faithful each method's maps are; ends without a line break."""
    rows = contest_rows(reports)
    return _table([name.lower() for name in rows[0]], (list(row.values()) for row in rows))


def contest_rows(reports: Mapping[str, MethodReport]) -> list[dict[str, str]]:
    """One row for each method, by the heads of the columns."""
    return [
        {
            "Method": METHODS[name].title,
            "n": f"{of.n}",
            "Deletion": _with_ends(of.deletion),
            "Insertion": _with_ends(of.insertion),
            "Better than chance by": _with_ends(of.gain),
            "Verdicts": ", ".join(f"{count} {code}" for code, count in sorted(of.verdicts.items())) or _NONE,
        }
        for name, of in reports.items()
    ]


def truth_table(report: TruthReport) -> str:
    """How well each method's maps find what decides, by stage: two tables; ends without a line break."""
    titles = {"Inside the feature": "share", "How often the maximum is inside": "hits"}
    return "\n\n".join(f"{title}, of {report.n}:\n\n{_found(report, name)}" for title, name in titles.items())


def _found(report: TruthReport, figure: str) -> str:
    """Methods by stage, under what guesses have, which know of no stage."""

    def cell(found: FoundReport | None) -> str:
        value = getattr(found, figure) if found else None
        return _with_ends(value) if value else _NONE

    guesses = (
        [GUESSES[name], *[cell(found)] * len(report.maps)]
        for name, found in report.guesses.items()
        if getattr(found, figure)
    )
    methods = (
        [method.title, *(cell(maps.get(name)) for maps in report.maps.values())] for name, method in METHODS.items()
    )
    return _table(("method", *report.maps), chain(guesses, methods))


def report_tables(report: SegmentationReport | ClassificationReport) -> str:
    """The figures of one report, for a classifier also by class and by group, and its confusion.

    Ends without a line break.
    """
    if isinstance(report, SegmentationReport):
        return _figures(report, _SEGMENTATION)
    tables = [_figures(report, _CLASSIFICATION), _by_class(report), _confusion(report)]
    tables.extend(_by_group(column, groups) for column, groups in report.groups.items())
    if report.unscored:
        unknown = ", ".join(f"{dx or '(none)'} {n}" for dx, n in report.unscored.items())
        tables.append(f"Not scored, since the model lacks the diagnosis: {unknown}")
    return "\n\n".join(tables)


def _head(task: Task) -> tuple[str, ...]:
    return (task, "parameters", "ms", "n", *(title for title, _ in _FIGURES[task]))


def _model(card: ModelCard) -> list[str]:
    milliseconds = f"{card.speed.milliseconds:.1f}" if card.speed else _NONE
    row = [f"{card.title} (`{card.name}`)", f"{card.parameters / 1e6:.1f} M", milliseconds]
    if card.test is None:
        return row
    return [*row, str(card.test.n), *(_number(getattr(card.test, name)) for _, name in _FIGURES[card.task])]


def _figures(report: SegmentationReport | ClassificationReport, names: Iterable[str]) -> str:
    values = [(name, getattr(report, name), getattr(report, f"{name}_interval", None)) for name in names]
    rows = [(name.replace("_", " "), _number(value), _number(interval)) for name, value, interval in values]
    return _table(("figure", "value", "95 %"), [("n", str(report.n)), *rows])


def _by_class(report: ClassificationReport) -> str:
    rows = [
        [
            label,
            str(of.n),
            *map(_number, (of.recall, of.recall_interval, of.precision, of.precision_interval, of.auc)),
        ]
        for label, of in report.per_class.items()
    ]
    return _table(("class", "n", "recall", "95 %", "precision", "95 %", "AUC"), rows)


def _by_group(column: str, groups: Mapping[str, GroupReport]) -> str:
    rows = [
        [
            value,
            str(group.n),
            _number(group.accuracy),
            _number(group.accuracy_interval),
            str(group.melanomas),
            _number(group.melanoma_recall),
            _number(group.melanoma_interval),
        ]
        for value, group in groups.items()
    ]
    return _table((column, "n", "accuracy", "95 %", "melanomas", "recall", "95 %"), rows)


def _confusion(report: ClassificationReport) -> str:
    rows = [(label, *map(str, row)) for label, row in zip(report.labels, report.confusion, strict=True)]
    return _table(("true \\ predicted", *report.labels), rows)


def _number(value: float | tuple[float, float] | None) -> str:
    if value is None:
        return _NONE
    if isinstance(value, tuple):
        return f"{_number(value[0])} … {_number(value[1])}"
    return f"{round(value, 3) + 0.0:.3f}"  # -0.0 becomes 0.0


def _with_ends(figure: Interval) -> str:
    return f"{_number(figure.value)} ({_number((figure.low, figure.high))})"


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
