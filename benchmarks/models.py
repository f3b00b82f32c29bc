"""Every installed model beside the default one of its task: milliseconds per picture and megabytes of weights.

The bare forward pass at the card's size, of one picture. ``--update`` writes the milliseconds into the cards, with the
machine; the Evidence page has them from there.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from benchmarks.measure import Figure, Machine, in_turns, median_ratio, options, pictures, show
from skinvision.card import Speed
from skinvision.catalogue import weights_bytes
from skinvision.models.inputs import as_input
from skinvision.models.registry import DEFAULTS, LoadedModel, load, names, read_card, rewrite
from skinvision.types import Case


def main() -> None:
    more = {"--update": {"action": "store_true", "help": "write the milliseconds into the models' cards"}}
    chosen = options(__doc__, rounds=30, more=more)
    (case,) = pictures(1)
    models = [load(name) for task in DEFAULTS for name in names(task)]
    times = in_turns({model.card.name: bare_pass(model, case) for model in models}, chosen.rounds)
    show("Every model: one bare forward pass, and its weights", figures(models, times), chosen.json)
    if chosen.update:
        write(times, Machine.here().in_short())


def bare_pass(model: LoadedModel, case: Case) -> Callable[[], object]:
    """What costs time in a network, all but a classifier's head, by its engine, on a ready tensor of ``case``."""
    picture = as_input(case.image, *model.card.input_size, model.card)
    return lambda: model.run(picture)


def figures(models: Sequence[LoadedModel], times: Mapping[str, Sequence[float]]) -> list[Figure]:
    """Of each model its median, its megabytes, and the ratios of both to the default model of its task."""
    found = []
    for card in (model.card for model in models):
        name, default = card.name, DEFAULTS[card.task]
        size, usual = weights_bytes(card), weights_bytes(read_card(default))
        found.append(Figure(f"{name}, median", statistics.median(times[name]), "ms"))
        found.append(Figure(f"{name}, weights", size / 1e6, "MB"))
        if name != default and default in times:
            found.append(Figure(f"  time / {default}", median_ratio(times[name], times[default]), "×"))
            found.append(Figure(f"  weights / {default}", size / usual, "×"))
    return found


def write(times: Mapping[str, Sequence[float]], machine: str) -> None:
    """The median of each model into its card."""
    for name, taken in times.items():
        rewrite(replace(read_card(name), speed=Speed(round(statistics.median(taken), 2), machine)))


if __name__ == "__main__":
    main()
