"""The command line, ``python -m skinvision``: analyse, explain, evaluate, train and list models without a browser.

Other programs rely on the JSON fields, which ``render.report`` and ``card`` define, and on the exit status. Results go
to standard output, progress and errors to standard error. A command imports what it needs: help needs no torch.
"""

from __future__ import annotations

import io
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from skinvision import measuring, replacing
from skinvision.arguments import parse
from skinvision.errors import ImageRejected, NotWritten, SkinvisionError, UnknownName, WeightsRejected

if TYPE_CHECKING:
    from skinvision.card import ModelCard
    from skinvision.pipeline import Analyser
    from skinvision.render.explained import Explained
    from skinvision.render.report import Document
    from skinvision.types import Analysis, Case

DONE = measuring.DONE
SOME_REJECTED = 1
WRONG_USAGE = 2  # also of argparse
INTERRUPTED = 130  # 128 + SIGINT
NOBODY_READS = 141  # 128 + SIGPIPE

_TRAINING_ONLY = ("lightning", "torchmetrics")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: without the program's name; those of the process by default.

    Returns:
        The exit status: 0 done, 1 some pictures were rejected, 2 wrong usage (unknown names; data, weights or files
        that cannot be used), 130 interrupted, 141 the reader of the output went away.

    Raises:
        SystemExit: the arguments are not understood (2), or help was asked for (0).
    """
    options = parse(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # as JSON has to be, whatever the locale
    try:
        status = _COMMANDS[options.command](options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _complain("interrupted", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that the last flush finds a reader
        return NOBODY_READS
    except (SkinvisionError, OSError) as error:
        return _complain(str(error), WRONG_USAGE)
    return status


def _analyse(options: Namespace) -> int:
    from skinvision.pipeline import Analyser
    from skinvision.render import lines, report

    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
    analyser = Analyser.load(options.segmenter, options.classifier, options.engine)
    _tell_engine(analyser, options.engine)
    status, taken = DONE, set[str]()
    for path in _with_progress(_pictures(options.paths)):
        source = _source(path)
        try:
            analysis = analyser.analyse(_read(path))
            document = report.document(source, analysis)
            if options.out:
                _write(options.out / _free_name(path.stem, taken), analysis, document)
        except (ImageRejected, NotWritten, OSError) as error:
            document = report.rejected(source, str(error))
            status = SOME_REJECTED
        line = report.encode(document).decode() if options.json else lines.analysed(document, analyser.classifier_card)
        print(line, flush=True)
    return status


def _tell_engine(analyser: Analyser, wanted: str) -> None:
    """Where a model is not run as was asked for."""
    for card, engine in zip((analyser.segmenter_card, analyser.classifier_card), analyser.engines, strict=True):
        if not engine.startswith(wanted):
            print(f"skinvision: {card.name} is run by {engine}", file=sys.stderr)


def _explain(options: Namespace) -> int:
    from skinvision.pipeline import Analyser
    from skinvision.render import explained, lines

    analyser = Analyser.load(options.segmenter, options.classifier)
    _check_names(options, analyser.classifier_card)
    status = DONE
    for path in _with_progress(_pictures(options.paths)):
        source = _source(path)
        try:
            found = _explained(analyser, _read(path), source, options)
        except (ImageRejected, OSError) as error:
            found = explained.Explained(source=source, status="rejected", reason=str(error))
            status = SOME_REJECTED
        line = msgspec.json.encode(found).decode() if options.json else lines.explained(found, analyser.classifier_card)
        print(line, flush=True)
    return status


def _check_names(options: Namespace, card: ModelCard) -> None:
    """What is wrong for all pictures is said before the first."""
    from skinvision.methods import method

    method(options.method)
    if options.target is not None:
        card.index_of(options.target)
    if options.stage is not None and options.stage not in card.stages:
        raise UnknownName.among("stage", options.stage, card.stages)


def _explained(analyser: Analyser, case: Case, source: str, options: Namespace) -> Explained:
    from skinvision.render.explained import explained

    analysis, card = analyser.analyse(case), analyser.classifier_card
    target, stage = options.target or analysis.prediction.top, options.stage or card.stages[-1]
    explanation = analyser.attribute(analysis, options.method, stage, target)
    if not options.faithfulness:
        return explained(source, explanation, analysis, card)
    from skinvision.examine import portions
    from skinvision.faithfulness import judge

    width, in_full = analyser.widths()[stage], options.in_full
    total = portions(card, options.method, with_references=True, in_full=in_full, channels=width)
    with _portions_bar(total) as told:
        findings = analyser.examine(analysis, explanation, told=told, in_full=in_full)
    return explained(source, explanation, analysis, card, findings, judge)


@contextmanager
def _portions_bar(total: int) -> Iterator[Callable[[int], None]]:
    """Shows, where a person may wait, how far the tests of one map are."""
    from tqdm import tqdm

    with tqdm(total=total, desc="testing", leave=False, disable=None) as bar:
        yield lambda done: bar.update(done - bar.n) and None


def _train(options: Namespace) -> int:
    with _training_packages():
        from skinvision.training.train import train
    card = train(
        options.task,
        options.data,
        options.out,
        recipe=options.recipe,
        region=options.region,
        start=options.start,
        extra=tuple(options.extra),
        teachers=tuple(options.teacher),
        runs=options.runs,
        foreign=tuple(options.foreign),
        background=options.background,
        resume=options.resume,
        ship=options.ship,
        max_minutes=options.max_minutes,
        workers=options.workers,
    )
    if card is None:
        return _complain("the time limit came first; the same command with --resume goes on from here", DONE)
    print(f"{card.name}: {card.parameters:,} parameters, SHA-256 {card.sha256}")
    return DONE


def _combine(options: Namespace) -> int:
    with _training_packages():
        from skinvision.training.combine import combine
    card = combine(tuple(options.members), options.data, options.out, tuple(options.foreign))
    print(f"{card.name}: {len(card.members)} members, {card.parameters:,} parameters, SHA-256 {card.sha256}")
    return DONE


def _refit(options: Namespace) -> int:
    with _training_packages():
        from skinvision.training.refit import refit
    card = refit(options.model, options.data, tuple(options.foreign), tuple(options.looks))
    print(f"{card.name}: {card.looks} look{'s' * (card.looks > 1)} at a picture, SHA-256 {card.sha256}")
    return DONE


def _models(options: Namespace) -> int:
    from skinvision import catalogue
    from skinvision.render import tables

    cards = [catalogue.read_card(name) for task in catalogue.DEFAULTS for name in catalogue.names(task)]
    if not cards:
        raise WeightsRejected(f"a card in the folder {catalogue.folder().name}", "none", "restore its files")
    print(msgspec.json.encode(cards).decode() if options.json else tables.model_tables(cards))
    return DONE


def _source(path: Path) -> str:
    """What the picture is called: a name need not be UTF-8, JSON must."""
    return os.fsencode(path).decode(errors="replace")


def _pictures(paths: Sequence[Path]) -> list[Path]:
    """The files to analyse: those inside a folder, at any depth, sorted; a folder without files stands for itself."""
    return [file for path in paths for file in (_inside(path) or [path])]


def _inside(path: Path) -> list[Path]:
    try:
        return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else []
    except OSError:  # a name that is too long, a folder that may not be read: told where it is read
        return []


def _read(path: Path) -> Case:
    from skinvision.intake import read_case

    try:
        if path.is_dir():
            next(path.iterdir(), None)  # a folder that may not be read is not called empty
            raise ImageRejected("a folder with pictures", "an empty one", "check the path")
        data = path.read_bytes()
    except OSError as error:
        raise ImageRejected("a file that can be read", error.strerror or str(error), "check the path") from error
    return read_case(data)


def _free_name(stem: str, taken: set[str]) -> str:
    """``stem``, or with a number where an earlier picture of this run has that name; some disks ignore case.

    A stem of dots alone, "..", would name another folder.
    """
    stem = stem if stem.strip(".") else "picture"
    names = chain([stem], (f"{stem}-{number}" for number in count(2)))
    name = next(name for name in names if name.casefold() not in taken)
    taken.add(name.casefold())
    return name


def _write(folder: Path, analysis: Analysis, document: Document) -> None:
    from skinvision.render import report

    folder.mkdir(parents=True, exist_ok=True)
    contents = {
        "mask.png": report.mask_png(analysis),
        "overlay.png": report.overlay_png(analysis),
        "heatmap.png": report.heatmap_png(analysis),
        "analysis.json": report.encode(document) + b"\n",
    }
    replacing.write({folder / name: data for name, data in contents.items()})


def _with_progress(paths: Sequence[Path]) -> Iterator[Path]:
    """``paths`` under a progress bar where a person waits and the lines go elsewhere."""
    from tqdm import tqdm

    bar: Iterator[Path] = iter(tqdm(paths, unit="picture", disable=True if sys.stdout.isatty() else None))
    return bar


@contextmanager
def _training_packages() -> Iterator[None]:
    """A missing training package becomes a sentence."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _TRAINING_ONLY:
            raise
        got, remedy = f"no {error.name}", "install them: pip install -r requirements-train.txt"
        raise SkinvisionError("the packages that training needs", got, remedy) from error


def _complain(message: str, status: int) -> int:
    print(f"skinvision: {message}", file=sys.stderr)
    return status


_COMMANDS = {
    "analyse": _analyse,
    "explain": _explain,
    **measuring.COMMANDS,
    "train": _train,
    "combine": _combine,
    "refit": _refit,
    "models": _models,
}
