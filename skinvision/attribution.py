"""Where the evidence for a class lies, by each of ``methods.METHODS``.

Class activation maps need no hooks on a staged classifier: from what leaves the stage and its gradient, each is a line.
The grad-cam package confirms them in the tests. It is not called here, because its hooks are not for networks that
several threads share, it draws progress bars, and some of its constants decide: its Grad-CAM++ adds 1e-6 to squared
gradients that are no larger behind a pooled head, its Ablation-CAM divides by the logit, whose sign turns the map
round, and its Eigen-CAM leaves the sign to chance.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from skinvision.methods import BATCH, PATH_BATCH, PATH_STEPS, WINDOWS_PER_SIDE, method
from skinvision.models.inputs import mean_colour
from skinvision.models.staged import StagedClassifier
from skinvision.portions import Run, at_once


def attribute(
    name: str, network: StagedClassifier, picture: Tensor, stage: str, target: int, run: Run = at_once
) -> NDArray[np.float32]:
    """The map of one class by one method, not rectified.

    Args:
        name: one of ``METHODS``.
        network: in ``eval``; its parameters gather no gradients and it is left as it was.
        picture: (1, 3, H, W) float32, normalised.
        stage: where the map is made, for methods that work by stage; the others ignore it.
        target: index of the class.
        run: gets the work in ``Method.portions`` portions.

    Returns:
        (h, w) float32 on the stage's grid, or (H, W) by a method that works on the picture.

    Raises:
        UnknownName: no such method or stage.
    """
    if not method(name).by_stage:
        found = _ON_PICTURES[name](network, picture, target, run)
    elif name in _BY_CHANNEL:
        found = _BY_CHANNEL[name](network, picture, stage, target, run)
    else:
        found = run(lambda: _ON_CELLS[name](*activation_and_gradient(network, picture, stage, target)[:2]))
    return found.detach().numpy().astype(np.float32)


def activation_and_gradient(
    network: StagedClassifier, picture: Tensor, stage: str, target: int
) -> tuple[Tensor, Tensor, Tensor]:
    """What leaves ``stage``, what the logit of ``target`` changes by with each of its values, and all logits.

    Args:
        network: in ``eval``; its parameters gather no gradients and it is left as it was.
        picture: (1, 3, H, W) float32, normalised.

    Returns:
        (C, h, w), (C, h, w) and (K,).

    Raises:
        UnknownName: no such stage.
    """
    with torch.no_grad():
        activation = network.below(picture, stage).detach()
    with torch.enable_grad():
        activation.requires_grad_()
        logits = network.above(activation, stage).logits[0]
        (gradient,) = torch.autograd.grad(logits[target], activation)
    return activation.detach()[0], gradient[0], logits.detach()


def _grad_cam(activation: Tensor, gradient: Tensor) -> Tensor:
    return _weighed(gradient.mean(dim=(1, 2)), activation)


def _grad_cam_plus_plus(activation: Tensor, gradient: Tensor) -> Tensor:
    """Equations 19 and 5, the fraction reduced by the squared gradient; negative activations as in ``_size``."""
    share = 1 / (2 + _size(activation)[:, None, None] * gradient)  # (C, h, w)
    return _weighed((share * gradient.relu()).sum(dim=(1, 2)), activation)


def _hirescam(activation: Tensor, gradient: Tensor) -> Tensor:
    return (gradient * activation).sum(dim=0)


def _layercam(activation: Tensor, gradient: Tensor) -> Tensor:
    return (gradient.relu() * activation).sum(dim=0)


def _xgrad_cam(activation: Tensor, gradient: Tensor) -> Tensor:
    """Equation 8; negative activations as in ``_size``."""
    return _weighed((gradient * activation).sum(dim=(1, 2)) / (_size(activation) + 1e-7), activation)


def _eigen_cam(activation: Tensor, _: Tensor) -> Tensor:
    """The first principal component over the cells, turned so that it grows with how active a cell is."""
    cells = activation.flatten(1).T.numpy()  # (h · w, C)
    from sklearn.decomposition import PCA  # takes a second to import

    component = PCA(1, svd_solver="full").fit_transform(cells)
    found = torch.tensor(component).reshape(activation.shape[1:])
    active = activation.abs().sum(dim=0)
    return found if (found * (active - active.mean())).sum() >= 0 else -found


def _size(activation: Tensor) -> Tensor:
    """(C,): the sum of each channel without its signs.

    The papers have rectified activations, of which this is the plain sum. Where a stage ends in a linear bottleneck,
    the plain sum passes through 0, and a single channel would make up nearly all of a map that is divided by it.
    """
    return activation.abs().sum(dim=(1, 2))


def _weighed(weights: Tensor, activation: Tensor) -> Tensor:
    """(h, w): channels (C, h, w) added up with weights (C,)."""
    return torch.einsum("c,chw->hw", weights, activation)


def _score_cam(network: StagedClassifier, picture: Tensor, stage: str, target: int, run: Run) -> Tensor:
    """Algorithm 1, with the softmax over the channels' logits, as in grad-cam; its authors' code has it over classes.

    What is not shown has the picture's mean colour; there, it is 0 after normalisation.
    """
    activation = run(lambda: _forward(lambda: network.below(picture, stage)))[0]
    nothing = mean_colour(picture)

    def shown(channels: Tensor) -> Tensor:
        places = functional.interpolate(channels[:, None], picture.shape[2:], mode="bilinear", align_corners=True)
        low, high = places.amin(dim=(2, 3), keepdim=True), places.amax(dim=(2, 3), keepdim=True)
        seen = nothing + (picture - nothing) * (places - low) / (high - low + 1e-8)
        return network(seen)[:, target]  # type: ignore[no-any-return]

    logits = _in_batches(shown, activation, run)
    return _weighed(logits.softmax(dim=0), activation)


def _ablation_cam(network: StagedClassifier, picture: Tensor, stage: str, target: int, run: Run) -> Tensor:
    """Equation 3 times the logit, so that a negative one does not turn the map round."""
    activation = run(lambda: _forward(lambda: network.below(picture, stage)))
    whole = run(lambda: _forward(lambda: network.above(activation, stage).logits[0, target]))

    def without(channels: Tensor) -> Tensor:
        left = activation.repeat(len(channels), 1, 1, 1)
        left[torch.arange(len(channels)), channels] = 0
        return network.above(left, stage).logits[:, target]

    lost = whole - _in_batches(without, torch.arange(activation.shape[1]), run)
    return _weighed(lost, activation[0])


def _integrated_gradients(network: StagedClassifier, picture: Tensor, target: int, run: Run) -> Tensor:
    from captum.attr import IntegratedGradients  # matplotlib comes with it, which an analysis does not need

    path = IntegratedGradients(network)
    plain: Callable[..., Any] = path.gradient_func
    path.gradient_func = lambda *given, **named: run(lambda: plain(*given, **named))
    found: Tensor = path.attribute(
        picture, mean_colour(picture), target, n_steps=PATH_STEPS, internal_batch_size=PATH_BATCH
    )
    return found[0].sum(dim=0)


def _occlusion(network: StagedClassifier, picture: Tensor, target: int, run: Run) -> Tensor:
    from captum.attr import Occlusion  # as above

    sizes = [2 * side // (WINDOWS_PER_SIDE + 1) for side in picture.shape[2:]]
    found: Tensor = Occlusion(lambda pictures: run(lambda: _forward(lambda: network(pictures)))).attribute(
        picture,
        sliding_window_shapes=(3, *sizes),
        strides=(3, *(size // 2 for size in sizes)),
        baselines=mean_colour(picture),
        target=target,
        perturbations_per_eval=BATCH,
    )
    return found[0].mean(dim=0)  # the three channels of a square are hidden together


def _in_batches(work: Callable[[Tensor], Tensor], items: Tensor, run: Run) -> Tensor:
    def portion(batch: Tensor) -> Callable[[], Tensor]:
        return lambda: _forward(lambda: work(batch))

    return torch.cat([run(portion(batch)) for batch in torch.split(items, BATCH)])


def _forward(work: Callable[[], Tensor]) -> Tensor:
    with torch.no_grad():
        return work()


_ON_CELLS = {
    "grad-cam": _grad_cam,
    "grad-cam++": _grad_cam_plus_plus,
    "hirescam": _hirescam,
    "layercam": _layercam,
    "xgrad-cam": _xgrad_cam,
    "eigen-cam": _eigen_cam,
}
_BY_CHANNEL = {"score-cam": _score_cam, "ablation-cam": _ablation_cam}
_ON_PICTURES = {"integrated-gradients": _integrated_gradients, "occlusion": _occlusion}
