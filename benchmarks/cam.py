"""Maps of all classes against those of the grad-cam and torch-cam packages, on the same network.

The target speaks of grad-cam's usual use, a call per class; in one batch it gets a copy of the picture for each.
torch-cam runs the network once and goes back once for each class. Both work with hooks on a network of their own. All
of them look at the picture once, whatever the card says.
"""

from __future__ import annotations

import copy
import statistics

import torch
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torchcam.methods import GradCAM as TorchGradCAM

from benchmarks.measure import Figure, in_turns, median_ratio, options, pictures, show
from skinvision.classify import classifier_input, staged
from skinvision.explain import grad_cam
from skinvision.geometry import Box
from skinvision.models.looks import with_looks
from skinvision.models.registry import DEFAULTS, load

TARGET = 15


def main() -> None:
    stages = {"--stage": {"help": "where the maps are made (default: the last stage)"}}
    chosen = options(__doc__, rounds=5, more=stages)
    model = load(DEFAULTS["classification"])
    network, stage = with_looks(staged(model), 1), chosen.stage or model.card.stages[-1]
    (case,) = pictures(1)
    picture = classifier_input(model, case, Box.whole(case.height, case.width))
    targets = [ClassifierOutputTarget(k) for k in range(len(model.card.labels))]

    theirs = copy.deepcopy(network).requires_grad_(True)  # as it needs
    package = GradCAM(theirs, [theirs.stages[stage]])

    hooked = copy.deepcopy(network).requires_grad_(True)
    extractor = TorchGradCAM(hooked, hooked.stages[stage])

    def torchcam() -> None:
        logits = hooked(picture)
        for k in range(len(targets)):
            extractor(k, logits, retain_graph=True)

    times = in_turns(
        {
            "skinvision": lambda: grad_cam(network, picture, stage),
            "grad-cam, a call per class": lambda: [package(picture, [target]) for target in targets],
            "grad-cam, one batch": lambda: package(picture.repeat(len(targets), 1, 1, 1), targets),
            "torch-cam, a call per class": torchcam,
            "bare forward pass": lambda: forward(network, picture),
        },
        chosen.rounds,
        least_ms=1000,
    )
    medians = [Figure(f"{name}, median", statistics.median(taken), "ms") for name, taken in times.items()]
    ratios = [
        Figure(f"{name} / skinvision", median_ratio(taken, times["skinvision"]), "×")
        for name, taken in times.items()
        if "-cam" in name
    ]
    ratios[0] = Figure(ratios[0].name, ratios[0].value, "×", f"(target: at least {TARGET})")
    show(f"Maps of all {len(targets)} classes at {stage}", [*medians, *ratios], chosen.json)


def forward(network: torch.nn.Module, picture: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        return network(picture)


if __name__ == "__main__":
    main()
