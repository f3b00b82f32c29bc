"""Class activation maps without hooks: run the stages below without gradients, differentiate the rest.

Grad-CAM: Selvaraju et al., ICCV 2017, eq. 1 and 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from skinvision.models.staged import StagedClassifier


@dataclass(frozen=True, slots=True, eq=False)
class ClassMaps:
    """One picture's pass with the maps of all classes.

    Attributes:
        logits: (K,) float32.
        features: (D,) float32, the pooled features under the last linear layer.
        maps: (K, h, w) float32 on the stage's grid, not rectified, in logits per cell.
    """

    logits: NDArray[np.float32]
    features: NDArray[np.float32]
    maps: NDArray[np.float32]


def grad_cam(network: StagedClassifier, picture: Tensor, stage: str) -> ClassMaps:
    """Grad-CAM of every class at one stage, from one forward and one batched backward pass.

    At the last stage of a pooled linear head the map of class k adds up to ``logit_k − bias_k``.

    Args:
        network: in ``eval``; its parameters gather no gradients and it is left as it was.
        picture: (1, 3, H, W) float32, normalised.
        stage: one of ``network.stage_names``.

    Raises:
        UnknownName: no such stage.
    """
    with torch.no_grad():
        activation = network.below(picture, stage)
    return class_maps(network, activation, stage)


def class_maps(network: StagedClassifier, activation: Tensor, stage: str) -> ClassMaps:
    """As ``grad_cam``, for an ``activation`` (1, C, h, w) that left ``stage``, whoever ran the stages up to it.

    Raises:
        UnknownName: no such stage.
    """
    with torch.enable_grad():
        activation = activation.detach().requires_grad_()  # of the picture itself under an empty stage
        output = network.above(activation, stage)
        each_logit = torch.eye(output.logits.shape[1])[:, None]  # (K, 1, K)
        (gradients,) = torch.autograd.grad(output.logits, activation, each_logit, is_grads_batched=True)
    weights = gradients.mean(dim=(3, 4))[:, 0]  # (K, 1, C, h, w) -> (K, C)
    maps = torch.einsum("kc,chw->khw", weights, activation.detach()[0])
    return ClassMaps(output.logits.detach()[0].numpy(), output.features.detach()[0].numpy(), maps.numpy())
