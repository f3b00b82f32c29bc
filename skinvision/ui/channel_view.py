"""How a Grad-CAM is made: the channels that matter most, which can be switched off, and what becomes of the rest."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from skinvision.methods import GRAD_CAM
from skinvision.render import lab_words, screen, words
from skinvision.render.lab_charts import contribution_chart
from skinvision.types import Explanation, measured
from skinvision.ui import method_view, models
from skinvision.ui.session import Asked, key, literal
from skinvision.ui.subject import Subject

if TYPE_CHECKING:  # they import torch
    from skinvision.channels import Channels
    from skinvision.pipeline import Said

_COUNT = 8
_OPACITY = 0.6
_UNIT = lab_words.unit(GRAD_CAM)
_LOGIT = "The score of this class. The larger it is beside those of the other classes, the more probable is this one."
_PROBABILITY = "What the scores of all classes come to, calibrated."
_EXACT = 1e-3  # of all contributions: they are float32 sums of thousands


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """How one Grad-CAM is made, as it is put on the page.

    Attributes:
        asked: for which map.
        whole: the map of all channels.
        shown: numbers of the channels that are shown.
        off: those of them that are switched off.
        is_exact: whether the channels' contributions and what no channel accounts for are all that the logit is.
        said, said_first: what the network says without those that are off, and with all.
    """

    asked: Asked
    whole: Explanation
    channels: Channels
    shown: tuple[int, ...]
    off: tuple[int, ...]
    is_exact: bool
    said: Said
    said_first: Said

    def map_of(self, values: NDArray[np.float32]) -> Explanation:
        """Other ``values`` (h, w) on the grid of the whole map; how much lies in the lesion is not measured."""
        return replace(self.whole, activation_map=values, lesion_share=math.nan)


def show(about: Subject) -> None:
    """The sum as a chart beside the map that is left, and the channels with their switches."""
    made = _made(about)
    st.caption(f"{lab_words.channels_reading(made.channels, len(made.shown), about.card)} {about.lines_note}")
    left, right = st.columns([4, 5], gap="medium")
    with left:
        _map(about, made)
    with right:
        _sum(about, made)
    _switches(about, made)


def _made(about: Subject) -> _Made:
    from skinvision.ui import work  # with it comes torch, which is loaded by now

    upload, asked = about.upload, method_view.ask(about, GRAD_CAM, about.stage)
    analyser = models.analyser(about.wanted.segmenter, about.wanted.classifier)
    analysis = upload.analyses[about.wanted]
    work.attribute(upload, asked)
    channels = upload.once("channels", asked, lambda: analyser.channels(analysis, about.stage, about.target))
    everything = range(len(channels.weights))
    without_any = upload.once("none on", asked, lambda: analyser.said_without(channels, everything))
    shown = channels.strongest(_COUNT)
    off = tuple(channel for channel in shown if not st.session_state.get(_switch(asked, channel), True))
    return _Made(
        asked,
        upload.maps[asked],
        channels,
        shown,
        off,
        is_exact=abs(without_any.logit - channels.remainder) < _EXACT * float(np.abs(channels.contributions).sum()),
        said=upload.once("some off", (asked, off), lambda: analyser.said_without(channels, off)),
        said_first=upload.once("all on", asked, lambda: analyser.said_without(channels, ())),
    )


def _map(about: Subject, made: _Made) -> None:
    """What the channels that are on add up to, on the scale of the whole map."""
    upload, analysis = about.upload, about.upload.analyses[about.wanted]
    left = made.map_of(made.channels.map_without(made.off)).within(analysis.mask)
    scale = made.whole.peak if made.whole.peak > 0 else left.peak  # without evidence a map has no scale to lend
    drawn = upload.once(
        "left",
        (made.asked, made.off),
        lambda: screen.evidence_jpeg(analysis.case, left, scale, _OPACITY, about.outline),
    )
    st.markdown("**What the channels add up to**")
    st.image(drawn, alt=lab_words.map_alt(left, analysis.mask, about.card))
    columns = st.columns(2)
    title = literal(about.card.title_of(about.target))
    changed = bool(made.off)
    columns[0].metric(
        f"Logit of {title}",
        lab_words.signed(made.said.logit),
        lab_words.signed(made.said.logit - made.said_first.logit) if changed else None,
        help=_LOGIT,
    )
    columns[1].metric(
        "Probability",
        words.percent(made.said.probability),
        f"from {words.percent(made.said_first.probability)}" if changed else None,
        delta_color="off",
        delta_arrow="off",
        help=_PROBABILITY,
    )


def _sum(about: Subject, made: _Made) -> None:
    rest = lab_words.remainder_title(made.is_exact)
    st.markdown("**How they add up to the logit**")
    st.plotly_chart(
        contribution_chart(made.channels, made.shown, made.off, rest),
        key=f"contributions_{about.upload.sha256}",
        config={"displayModeBar": False},
        alt=lab_words.sum_sentence(made.channels, made.shown, about.card, rest),
    )
    st.markdown(literal(lab_words.sum_sentence(made.channels, made.shown, about.card, rest)))
    st.markdown(literal(lab_words.exactness_sentence(made.is_exact)))
    expected = float(made.channels.logits[made.channels.target] - made.channels.contributions[list(made.off)].sum())
    st.markdown(literal(lab_words.without_sentence(made.said.logit, expected, len(made.off))))


def _switches(about: Subject, made: _Made) -> None:
    """Each channel with its switch; those against the class show where they speak against it."""
    st.markdown("**The channels**")
    analysis = about.upload.analyses[about.wanted]
    maps = measured((made.map_of(_towards(made.channels, channel)) for channel in made.shown), analysis.mask)
    scale = max(each.peak for each in maps)
    drawn = about.upload.once(
        "channel maps",
        made.asked,
        lambda: [
            screen.small_evidence_jpeg(analysis.case, each, scale, _OPACITY, about.outline, _UNIT) for each in maps
        ],
    )
    row = st.grid(len(maps), min_column_width=230)
    for channel, each, jpeg in zip(made.shown, maps, drawn, strict=True):
        title = lab_words.channel_title(made.channels, channel)
        with row.cell():
            st.toggle(f"**{title}**", value=True, key=_switch(made.asked, channel))
            st.image(jpeg, alt=f"{title}. {lab_words.map_alt(each, analysis.mask, about.card)}")
            st.caption(literal(lab_words.channel_note(made.channels, channel)))


def _towards(channels: Channels, channel: int) -> NDArray[np.float32]:
    """(h, w): what the channel says, for the class or against it, as positive values."""
    sign = np.float32(-1 if channels.contributions[channel] < 0 else 1)
    return sign * channels.channel_map(channel)


def _switch(asked: Asked, channel: int) -> str:
    return key(f"channel_{channel}_{asked}")
