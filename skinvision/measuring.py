"""The commands that measure models on labelled pictures; each imports what it needs."""

from __future__ import annotations

from argparse import Namespace

import msgspec

DONE = 0


def _evaluate(options: Namespace) -> int:
    if options.update:
        return _remeasure(options)
    from skinvision.render import tables
    from skinvision.training.evaluate import evaluate

    report = evaluate(options.task, options.data, options.split, options.model)
    print(msgspec.json.encode(report).decode() if options.json else tables.report_tables(report))
    return DONE


def _remeasure(options: Namespace) -> int:
    from skinvision.render import tables
    from skinvision.training.remeasure import remeasure

    card = remeasure(options.task, options.data, options.model)
    print(msgspec.json.encode(card).decode() if options.json else tables.model_tables([card]))
    return DONE


def _sweep(options: Namespace) -> int:
    from skinvision.render import tables
    from skinvision.training.sweep import sweep

    found = sweep(options.data, options.split, options.model, options.per_class, update=options.update)
    print(msgspec.json.encode(found).decode() if options.json else tables.sweep_table(found))
    return DONE


def _contest(options: Namespace) -> int:
    from skinvision.render import tables
    from skinvision.training.contest import contest

    found = contest(
        options.data, options.split, options.model, options.per_class, slow=options.slow, update=options.update
    )
    print(msgspec.json.encode(found).decode() if options.json else tables.contest_table(found))
    return DONE


def _truth(options: Namespace) -> int:
    from skinvision.render import tables
    from skinvision.training.known_truth import known_truth

    found = known_truth(options.pictures, update=options.update)
    print(msgspec.json.encode(found).decode() if options.json else tables.truth_table(found))
    return DONE


def _export(options: Namespace) -> int:
    from skinvision import catalogue
    from skinvision.models.engines import export
    from skinvision.models.registry import load

    for name in options.model or [name for task in catalogue.DEFAULTS for name in catalogue.names(task)]:
        print(*export(load(name)), sep="\n")
    return DONE


def _parity(options: Namespace) -> int:
    from skinvision.render import tables
    from skinvision.training.parity import parity

    found = parity(options.task, options.data, options.split, options.model, options.pictures, update=options.update)
    print(msgspec.json.encode(found).decode() if options.json else tables.parity_table(found))
    return DONE


COMMANDS = {
    "evaluate": _evaluate,
    "sweep": _sweep,
    "contest": _contest,
    "truth": _truth,
    "export": _export,
    "parity": _parity,
}
