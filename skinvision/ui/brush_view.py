"""A canvas over the picture: paint on it, or change the outline, and everything follows."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit_drawable_canvas import st_canvas

from skinvision.render import screen, stress_words
from skinvision.stress import LESS, MORE, Stressed, grown, paint, redraw
from skinvision.types import Analysis, LesionMask
from skinvision.ui import stressed
from skinvision.ui.session import key, literal
from skinvision.ui.subject import Subject

_WIDE_PX, _TALL_PX = 316, 560  # fits a phone; a large screen shows it larger
_FAR_PX = 40
_KEEP_HELP = "In all views of this page, until you take another one."
_GROW_HELP = "In pixels of the copy that is shown to the network, at most 800 px long unless the picture is a strip."
_PICTURE, _MORE, _LESS = "Paint on the picture", "Add to the lesion", "Take from the lesion"
_NOW = "As drawn"
_UNTOUCHED = "Nothing new is drawn."
_TOOLS = {_MORE: MORE, _LESS: LESS}


@dataclass(frozen=True, slots=True)
class _Brush:
    """What is drawn with: on the ``picture`` or on the lesion, in a ``colour`` of CSS, ``width`` px wide.

    Attributes:
        grow: by how many px the lesion grows before; it shrinks where that is less than 0.
    """

    tool: str
    colour: str
    width: int
    grow: int = 0

    @property
    def on_picture(self) -> bool:
        return self.tool == _PICTURE


def show(about: Subject) -> None:
    """The canvas, and what the network says of the picture as drawn."""
    plain = stressed.as_it_is(about)
    brush = _brush(about, plain)
    left, right = st.columns([5, 5], gap="medium")
    with left:
        layer = _canvas(about, plain, brush)
        drawn = _drawn(about, brush, layer)
        has_changed = bool(brush.grow or layer[..., 3].any())
        if not brush.on_picture:
            _keep(about, drawn, is_new=has_changed and drawn.mask.box is not None)
        said = stress_words.change_sentence(drawn, plain, about.card, about.target) if has_changed else _UNTOUCHED
        st.markdown(literal(said))
        stressed.notes(about, drawn)
    with right:
        st.markdown("**Probability**")
        stressed.probabilities(about, {stressed.AS_IT_IS: plain, _NOW: drawn})
        row = st.grid(2, min_column_width=230)
        for show_one in (stressed.picture, stressed.heatmap):
            with row.cell():
                show_one(about, drawn, _NOW, _digest(layer, brush))


def _brush(about: Subject, plain: Analysis) -> _Brush:
    row = st.grid(3, min_column_width=190, vertical_alignment="bottom")
    with row.cell():
        tool = st.selectbox("The brush", [_PICTURE, _MORE, _LESS], key=key("brush_tool"), persist_state="session")
    with row.cell():
        width = st.slider("Its width", 4, 60, 20, 2, format="%d px", key=key("brush_width"), persist_state="session")
    if tool in _TOOLS:
        with row.cell():
            slider = key(f"grow_{about.upload.sha256}_{id(about.upload.outline)}")  # from 0 upon a new outline
            grow = st.slider(
                "Grow or shrink the lesion", -_FAR_PX, _FAR_PX, 0, 2, format="%d px", help=_GROW_HELP, key=slider
            )
        return _Brush(tool, f"rgb{_TOOLS[tool]}", width, grow)
    with row.cell():
        skin = "#{:02x}{:02x}{:02x}".format(*_around(plain))
        picker = key(f"brush_colour_{about.upload.sha256}")
        colour = st.color_picker("Its colour, at first that of the skin", skin, key=picker)
    return _Brush(tool, colour, width)


def _around(plain: Analysis) -> tuple[int, int, int]:
    """The median colour beside the lesion, R, G, B; of all where there is nothing beside it."""
    image, beside = plain.case.image, ~plain.mask.binary
    red, green, blue = np.median(image[beside] if beside.any() else image.reshape(-1, 3), axis=0)
    return int(red), int(green), int(blue)


def _canvas(about: Subject, plain: Analysis, brush: _Brush) -> NDArray[np.uint8]:
    """What is drawn upon the picture, (h, w, 4) uint8 RGBA."""
    case = plain.case
    lesion = grown(plain.mask.binary, brush.grow).astype(np.float32)
    jpeg = screen.outlines_jpeg(case, [] if brush.on_picture else [LesionMask(lesion)])
    fit = min(_WIDE_PX / case.width, _TALL_PX / case.height)
    height, width = (max(round(side * fit), 1) for side in (case.height, case.width))
    kept = 0 if brush.on_picture else id(about.upload.outline)  # strokes that are kept are in the picture below
    st.markdown("**Draw here**")
    with st.container(key="canvas"):
        result = st_canvas(
            stroke_width=brush.width,
            stroke_color=brush.colour,
            background_image=f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}",
            height=height,
            width=width,
            return_image_data=True,
            key=key(f"canvas_{about.upload.sha256}_{brush.on_picture}_{kept}"),
        )
    layer = result.image_data
    return np.zeros((height, width, 4), np.uint8) if layer is None else np.asarray(layer, np.uint8)


def _keep(about: Subject, drawn: Analysis, *, is_new: bool) -> None:
    """Buttons: the outline as drawn for all views of the page, and the segmenter's again."""
    upload = about.upload
    with st.container(horizontal=True):
        keeps = st.button(
            "Use this outline", icon=":material/check:", disabled=not is_new, help=_KEEP_HELP, key=key("keep")
        )
        drops = upload.outline and st.button(
            "Back to the outline that was found", icon=":material/undo:", key=key("drop")
        )
    if keeps or drops:  # no callback: Streamlit would keep it, and the picture with it
        upload.outline = replace(drawn.mask, by_hand=True) if keeps else None
        st.rerun()


def _drawn(about: Subject, brush: _Brush, layer: NDArray[np.uint8]) -> Analysis:
    def change(picture: Stressed) -> Stressed:
        return (paint if brush.on_picture else redraw)(picture.image, grown(picture.lesion, brush.grow), layer)

    return stressed.under(about, "drawn", _digest(layer, brush), change)


def _digest(layer: NDArray[np.uint8], brush: _Brush) -> tuple[str, bool, int]:
    return hashlib.sha256(layer.tobytes()).hexdigest(), brush.on_picture, brush.grow
