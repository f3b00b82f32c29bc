"""What stands beside the maps of the Explain page, in words."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import TYPE_CHECKING

from skinvision.card import ModelCard
from skinvision.figures import minus
from skinvision.methods import METHODS, ON_PICTURE
from skinvision.render.words import even_share, held_back, number, percent, share_alt, stage_title
from skinvision.types import Analysis, Explanation, LesionMask

if TYPE_CHECKING:  # it imports torch
    from skinvision.channels import Channels

ONE_MAP = (
    "At the last stage of a network that only takes means after it, Grad-CAM and HiResCAM are one and the same map; so "
    "is XGrad-CAM where no activation is negative."
)
OWN_SCALE = (
    "Each map has a scale of its own, under its picture: methods count in different units, so compare where they "
    "point rather than how bright they are."
)


def unit(method: str) -> str:
    """What stands over the colour bar of a method's map."""
    return METHODS[method].unit.capitalize()


def share_note(explanation: Explanation, analysis: Analysis, card: ModelCard) -> str:
    """How much of one map's positive part lies inside the lesion."""
    if held_back(analysis.mask, card):
        return "Where the lesion is, is not known here."
    if math.isnan(explanation.lesion_share):
        return "No positive evidence."
    if analysis.mask.box is None:
        return "No lesion was found."
    even = percent(even_share(explanation, analysis.mask))
    return f"{percent(explanation.lesion_share)} inside the lesion; an even map: {even}."


def map_alt(explanation: Explanation, mask: LesionMask, card: ModelCard, sought: str = "the lesion") -> str:
    """Alternative text of one map over the picture; ``sought`` is what the mask is of."""
    method = METHODS[explanation.method]
    where = "" if explanation.stage == ON_PICTURE else f" at {stage_title(explanation.stage)}"
    heatmap = f"{method.title} heatmap for {card.title_of(explanation.target)}{where}"
    if explanation.peak <= 0:
        return f"{heatmap}: no positive evidence"
    share = share_alt(explanation, mask, card, sought)
    return f"{heatmap}: peak {number(explanation.peak)} {method.unit}{share}"


def stage_note(explanation: Explanation) -> str:
    """How finely a stage sees."""
    height, width = explanation.activation_map.shape
    return f"{width} × {height} cells."


def channels_reading(channels: Channels, shown: int, card: ModelCard) -> str:
    """How to read the channels of a stage."""
    beside = card.looks > 1 and channels.stage != card.stages[-1]
    looks = f", those of its {card.looks} looks at the picture beside each other" if beside else ""
    return (
        f"What leaves this stage are {len(channels.weights)} channels{looks}: small maps of where it found something. "
        f"Grad-CAM gives each a weight, how much the class grows with it, and adds them up. Here are the {shown} that "
        "contribute most, for the class or against it. Switch them off and watch what becomes of map and answer."
    )


def channel_title(channels: Channels, channel: int) -> str:
    """ "Channel 1311: +0.42"."""
    return f"Channel {channel}: {signed(float(channels.contributions[channel]))}"


def channel_note(channels: Channels, channel: int) -> str:
    """The weight of one channel, and what its cells add up to."""
    weight, total = float(channels.weights[channel]), float(channels.activation[channel].sum())
    return f"weight {_signed_small(weight)} × its cells' sum {number(abs(total)) if total >= 0 else signed(total)}"


def sum_sentence(channels: Channels, shown: Collection[int], card: ModelCard, rest_title: str) -> str:
    """How the channels add up to the logit, or to what of it they account for."""
    title = card.title_of(card.labels[channels.target])
    of_shown = float(channels.contributions[list(shown)].sum())
    rest = float(channels.contributions.sum()) - of_shown
    logit = float(channels.logits[channels.target])
    return (
        f"The logit of {title} is {signed(logit)}: {signed(of_shown)} from the {len(shown)} channels shown, "
        f"{signed(rest)} from all others, and {signed(channels.remainder)} from {rest_title}."
    )


def remainder_title(is_exact: bool) -> str:
    """What the part of a logit is called that no channel accounts for."""
    return "the bias" if is_exact else "what gradients miss"


def exactness_sentence(is_exact: bool) -> str:
    """Whether the sum holds for this stage."""
    if is_exact:
        return (
            "At this stage the sum is exact: after it, the network only takes the mean of each channel, multiplies it "
            "by a weight, and adds up. Switched off, a channel takes away just what it contributes."
        )
    return (
        "At this stage the sum is an approximation, by gradients: what comes after it bends what it gets. Switch a "
        "channel off and see that the network's answer does not change by just what the channel contributes."
    )


def without_sentence(logit: float, expected: float, off: int) -> str:
    """What the network says without the channels that were switched off, against what the sum says."""
    if not off:
        return "All channels are on."
    some = "1 channel is" if off == 1 else f"{off} channels are"
    return f"{some} off. The sum says {signed(expected)}; the network itself, run again, says {signed(logit)}."


def signed(value: float) -> str:
    """``value`` with its sign and two places after the point."""
    return minus(f"{value:+.2f}")


def _signed_small(value: float) -> str:
    return minus(f"{value:+.2g}")
