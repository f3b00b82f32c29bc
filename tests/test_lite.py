"""Published weights of EfficientNet-Lite become a start file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import safetensors.torch
import timm
import torch
from torch import Tensor

from skinvision.errors import WeightsRejected
from skinvision.training import lite


def published() -> dict[str, Tensor]:
    """Tensors under names that are not timm's, in the order in which they are published."""
    tensors = timm.create_model(lite.ENCODER).state_dict().values()
    return {f"_blocks.{number}._w{'.num_batches_tracked' * (not t.ndim)}": t for number, t in enumerate(tensors)}


def test_a_start_file_gives_timm_what_was_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tensors = published()
    weights, start = tmp_path / "weights.pth", tmp_path / "start.safetensors"
    torch.save(tensors, weights)
    monkeypatch.setattr(sys, "argv", ["lite", str(weights), str(start)])
    lite.main()
    network = timm.create_model(lite.ENCODER)
    left = network.load_state_dict(safetensors.torch.load_file(start), strict=False)
    assert not left.unexpected_keys
    assert all(name.endswith("num_batches_tracked") for name in left.missing_keys)
    wanted = [tensor for tensor in tensors.values() if tensor.ndim]
    found = [tensor for tensor in network.state_dict().values() if tensor.ndim]
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-6)


def test_weights_of_another_network_are_refused() -> None:
    tensors = published()
    tensors.popitem()
    with pytest.raises(WeightsRejected, match="the tensors of tf_efficientnet_lite2"):
        lite.under_timms_names(tensors)


@pytest.mark.parametrize("data", [b"", b"not a file of weights"])
def test_what_holds_no_weights_is_refused_in_a_sentence(
    data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights, start = tmp_path / "weights.pth", tmp_path / "start.safetensors"
    weights.write_bytes(data)
    monkeypatch.setattr(sys, "argv", ["lite", str(weights), str(start)])
    with pytest.raises(SystemExit, match=r"skinvision: expected weights at .*weights\.pth"):
        lite.main()
    assert not start.exists()
