"""How near each engine is to torch: measured on held-out pictures, and kept on the card."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from skinvision.models import registry
from skinvision.models.engines import has_bf16, usable
from skinvision.reports import Parity
from skinvision.training.parity import parity


@pytest.mark.usefixtures("exported")
def test_parity_is_measured_and_goes_into_the_card(lesions: Path) -> None:
    before = registry.read_card("resnet50")
    found = parity("classification", lesions, model="resnet50", pictures=5, update=True)
    assert set(found) == {*["torch bf16"] * has_bf16(), *(f"openvino {name}" for name in usable(before))}
    assert all(each.time > 0 for each in found.values())
    assert found["openvino f32"].n == 5
    assert found["openvino f32"].same == 1
    assert found["openvino f32"].worst < 0.01
    assert all(each.worst > 0 for name, each in found.items() if "bf16" in name), "another precision was run"
    assert registry.read_card("resnet50") == replace(before, parity=found)
    outlines = parity("segmentation", lesions, model="unet")
    assert outlines["openvino f32"].n == 8
    assert outlines["openvino f32"].same > 0.999


@pytest.mark.parametrize(
    ("same", "worst", "time", "holds"),
    [
        (0.995, 0.1, 0.99, True),
        (0.9949, 0.1, 0.99, False),
        (0.995, 0.101, 0.99, False),
        (0.995, 0.1, 1.0, False),
        (1.0, 0.0, 0.1, True),
    ],
)
def test_parity_holds_at_its_bounds(same: float, worst: float, time: float, holds: bool) -> None:
    assert Parity(100, same, worst, time).holds is holds
