"""What is to be compared: the controls of the Compare page, which survive going to another page and back."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from skinvision.render.overlays import OUTLINES
from skinvision.ui import models, session, subject
from skinvision.ui.session import Upload, Wanted, key

MOST = 4
_MOST_PROBABLE = ""
_CLASSIFIERS_HELP = f"Two to {MOST} networks that know the same diagnoses. Only those that you choose are loaded."
_TARGET_HELP = "The heatmaps show where the evidence for this class lies. Those of all networks share one scale."


@dataclass(frozen=True, slots=True)
class Choice:
    """One picture, and the networks that look at it.

    Attributes:
        offered: names of the classifiers that can be compared with each other.
        wanted: by which classifiers, each in the box that the first segmenter finds, at its last stage.
        segmenters: names of all segmenters, as far as there are colours for them.
        target: the class to explain; None for the one that is most probable by the mean of all.
    """

    upload: Upload
    offered: tuple[str, ...]
    wanted: tuple[Wanted, ...]
    segmenters: tuple[str, ...]
    target: str | None

    @property
    def steps(self) -> int:
        """How many networks are to look at the picture."""
        return len(self.wanted) + len(self.segmenters)

    @property
    def is_strange(self) -> bool:
        """Whether one of the classifiers that have looked finds the picture unlike its training pictures."""
        known = (self.upload.analyses.get(wanted) for wanted in self.wanted)
        return any(analysis is not None and not analysis.prediction.in_distribution for analysis in known)

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to compute."""
        found = all(name in self.upload.masks for name in self.segmenters)
        return bool(self.upload.reason) or (found and all(map(self.upload.is_done, self.wanted)))


def show() -> Choice:
    """The row of controls, and what they say. One that leaves no choice is not shown."""
    uploads, offered = list(session.uploads().values()), _alike()
    segmenters = models.names("segmentation")[: len(OUTLINES)]
    with st.container(key="controls"):
        count = 1 + (len(uploads) > 1) + (len(offered) > 1)
        row = st.grid(count, min_column_width=230, vertical_alignment="bottom")
    upload = subject.picture(row.cell(), uploads) if len(uploads) > 1 else uploads[0]
    classifiers = _classifiers(row.cell(), offered) if len(offered) > 1 else offered
    target = _target(row.cell(), offered[0])
    wanted = (Wanted(segmenters[0], name, models.card(name).stages[-1]) for name in classifiers)
    return Choice(upload, offered, tuple(wanted), segmenters, target)


def _alike() -> tuple[str, ...]:
    """The default classifier and those that learnt the same diagnoses from the same kind of picture."""
    names = models.names("classification")
    default = models.card(names[0])
    alike = (default.labels, default.modality)
    return tuple(name for name in names if (models.card(name).labels, models.card(name).modality) == alike)


def _classifiers(cell: DeltaGenerator, offered: tuple[str, ...]) -> list[str]:
    return cell.multiselect(
        "Networks that name the disease",
        offered,
        default=offered[:2],
        format_func=models.title,
        max_selections=MOST,
        help=_CLASSIFIERS_HELP,
        wrap=True,
        key=key("compared_classifiers"),
        persist_state="session",
    )


def _target(cell: DeltaGenerator, classifier: str) -> str | None:
    card = models.card(classifier)
    chosen = cell.selectbox(
        "Class to explain",
        (_MOST_PROBABLE, *card.labels),
        format_func=lambda label: card.title_of(label) if label else "The most probable one",
        help=_TARGET_HELP,
        key=key("compared_target"),
        persist_state="session",
    )
    return chosen or None
