"""The chart of what channels contribute."""

from __future__ import annotations

import numpy as np
import pytest

from skinvision.channels import Channels
from skinvision.render.lab_charts import contribution_chart


@pytest.fixture
def channels() -> Channels:
    """Four channels of one cell with contributions 10, −8, 0.5 and 1 to a logit of 5.5: the remainder is 2."""
    activation = np.array([10, 4, 2, 1], np.float32)[:, None, None]
    return Channels("stage4", 0, activation, np.array([1, -2, 0.25, 1], np.float32), np.array([5.5, 0], np.float32))


@pytest.mark.parametrize(
    ("off", "rows", "steps", "ends"),
    [
        ((), ["Channel 0", "Channel 1"], [10, -8, 1.5, 2], "+5.50"),
        ((1,), ["Channel 0"], [10, 1.5, 2], "+13.50"),
        ((0, 1), [], [1.5, 2], "+3.50"),
    ],
)
def test_steps_lead_to_the_logit_that_is_left(
    channels: Channels, off: tuple[int, ...], rows: list[str], steps: list[float], ends: str
) -> None:
    (bars,) = contribution_chart(channels, (0, 1), off, "the bias").data
    assert list(bars.y) == [*rows, "2 others", "the bias", "<b>Sum</b>"]
    assert list(bars.x[:-1]) == steps
    assert list(bars.measure) == ["relative"] * len(steps) + ["total"]
    assert bars.text[-1] == ends


def test_the_axis_holds_every_step_with_room_for_its_letters(channels: Channels) -> None:
    low, high = contribution_chart(channels, (0, 1), (), "the bias").layout.xaxis.range
    assert low < 0
    assert high > 10
