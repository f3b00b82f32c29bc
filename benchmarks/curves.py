"""Deletion and insertion of one map, 32 steps each, against bare forward passes of the same network.

The references (five random orders, a blob in the middle) are measured once for a picture and a class, and cost as much
as six more maps.
"""

from __future__ import annotations

import statistics

import torch

from benchmarks.measure import Figure, in_turns, median_ratio, options, pictures, show
from skinvision.classify import classifier_input, staged
from skinvision.faithfulness import Removal, probability_of
from skinvision.faithfulness.curves import curves
from skinvision.faithfulness.maps import centre_blob, ranking
from skinvision.geometry import Box
from skinvision.models.registry import DEFAULTS, load

TARGET = 70


def main() -> None:
    chosen = options(__doc__ or "", rounds=7)
    model = load(DEFAULTS["classification"])
    network, (case,) = staged(model), pictures(1)
    picture = classifier_input(model, case, Box.whole(case.height, case.width))
    score, removal = probability_of(network, 0, model.card.temperature), Removal.of(picture)
    order = ranking(centre_blob(*picture.shape[2:]))

    def bare() -> None:
        with torch.inference_mode():
            network(picture)

    times = in_turns({"both curves": lambda: curves(score, removal, order), "bare": bare}, chosen.rounds, 500)
    figures = [
        Figure("both curves, median", statistics.median(times["both curves"]), "ms"),
        Figure("bare forward pass, median", statistics.median(times["bare"]), "ms"),
        Figure("both curves / bare forward pass", median_ratio(*times.values()), "×", f"(target: at most {TARGET})"),
    ]
    show("Deletion and insertion", figures, chosen.json)


if __name__ == "__main__":
    main()
