"""Makes ``import torchvision`` work beside a CPU-only torch.

The published torchvision wheel is built against CUDA torch. Beside a CPU-only torch its C++ operators cannot load, and
its import dies with "operator torchvision::nms does not exist". skinvision uses none of these operators; declaring the
schema of the two that torchvision looks up is enough. Where the operators load, nothing is declared.
"""

from __future__ import annotations

import importlib

import torch

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_declared: list[torch.library.Library] = []  # a Library withdraws its operators when it is collected


def make_importable() -> None:
    """Import torchvision, declaring its missing operators first where its own C++ library cannot load."""
    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if "operator torchvision::nms does not exist" not in str(error):
            raise
        library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
        for schema in _SCHEMAS:
            library.define(schema)  # type: ignore[no-untyped-call]
        _declared.append(library)
        importlib.import_module("torchvision")
