"""One training step of the networks with strided depth-wise convolutions: these in float32 against all in bfloat16."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch
from torch.nn import functional

from benchmarks.measure import Figure, in_turns, median_ratio, options, show
from skinvision.models import networks
from skinvision.training.recipe import Recipe
from skinvision.training.recipes import EFFICIENTNET_B0, MOBILENET_V2, REST_LITE
from skinvision.training.strided import StridedInFloat32


def main() -> None:
    chosen = options(__doc__ or "", rounds=5)
    show(
        "Training",
        [_ratio(recipe, chosen.rounds) for recipe in (REST_LITE, MOBILENET_V2, EFFICIENTNET_B0)],
        chosen.json,
    )


def _ratio(recipe: Recipe, rounds: int) -> Figure:
    step = _step(recipe)
    times = in_turns({"with": lambda: step(StridedInFloat32()), "without": lambda: step(nullcontext())}, rounds)
    return Figure(
        f"a step of {recipe.title} at {recipe.phases[0].size[0]} px", median_ratio(times["with"], times["without"]), "×"
    )


def _step(recipe: Recipe) -> Callable[[AbstractContextManager[object]], None]:
    network = networks.build(recipe.architecture, len(recipe.labels)).to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    pictures = torch.rand(recipe.batch_size, 3, *recipe.phases[0].size).to(memory_format=torch.channels_last)
    target = torch.zeros(recipe.batch_size, dtype=torch.long)

    def step(within: AbstractContextManager[object]) -> None:
        with within, torch.autocast("cpu", torch.bfloat16):
            loss = functional.cross_entropy(network(pictures).float(), target)
        loss.backward()

    return step


if __name__ == "__main__":
    main()
