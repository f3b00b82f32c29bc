"""Where the segmenters find the lesion: their masks beside each other, and their outlines upon each other."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from skinvision.render import agreement, screen
from skinvision.render.overlays import OUTLINES
from skinvision.types import LesionMask
from skinvision.ui import cards, models
from skinvision.ui.choice import Choice
from skinvision.ui.session import literal

_OPACITY = 0.6
_WAITING_PX = 480  # about the height of what is to come, so that the page does not jump


@dataclass(frozen=True, slots=True, eq=False)
class Outlines:
    """The masks as they are put on the page.

    Attributes:
        models: (N,) names in the registry.
        masks: by what the segmenters are called.
        tinted, together: JPEG; (N,) of each mask, and of all outlines.
    """

    models: tuple[str, ...]
    masks: dict[str, LesionMask]
    tinted: tuple[bytes, ...]
    together: bytes


def draw(choice: Choice) -> Outlines | None:
    """The masks, once all segmenters have looked; None before. No network runs."""
    upload, names = choice.upload, choice.segmenters
    case = upload.case
    if case is None or any(name not in upload.masks for name in names):
        return None
    masks = [upload.masks[name] for name in names]
    return Outlines(
        names,
        dict(zip(map(models.title, names), masks, strict=True)),
        tinted=upload.once(
            "tinted",
            names,
            lambda: tuple(
                screen.tinted_jpeg(case, mask, _OPACITY, colour) for mask, colour in zip(masks, OUTLINES, strict=False)
            ),
        ),
        together=upload.once("outlines", names, lambda: screen.outlines_jpeg(case, masks)),
    )


def show(choice: Choice, outlines: Outlines | None) -> None:
    """The masks, or a sign that they are to come."""
    st.subheader("Where the lesion is", anchor=False)
    if outlines is None:
        st.skeleton(_WAITING_PX)
        return
    several = len(outlines.models) > 1
    row = st.grid(len(outlines.models) + 1, min_column_width=260, vertical_alignment="bottom")
    for index, (title, mask) in enumerate(outlines.masks.items()):
        with row.cell():
            cards.name_plate(outlines.models[index], f"rgb{OUTLINES[index]}")
            st.image(outlines.tinted[index], alt=agreement.mask_alt(title, mask))
    if several:
        with row.cell():
            _together(outlines)
        st.markdown("  \n".join(map(literal, agreement.overlap_sentences(outlines.masks))))
    else:
        st.markdown("Only one network that finds the lesion is installed: there is no other to compare it with.")
    if choice.is_strange:
        st.caption(agreement.CHECK_OUTLINES)
    if any(models.card(wanted.classifier).region != "whole" for wanted in choice.wanted):
        finder = literal(models.title(outlines.models[0]))
        st.caption(f"Networks that look at the box around the lesion take it from {finder}.")


def _together(outlines: Outlines) -> None:
    st.markdown("**Both outlines**" if len(outlines.models) == 2 else "**All outlines**")
    st.image(outlines.together, alt=f"The outlines by {agreement.listed(list(outlines.masks))}")
