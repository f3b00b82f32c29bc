"""What is looked into: one picture, one network, one class and one stage of it."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from skinvision.card import ModelCard
from skinvision.render import words
from skinvision.types import LesionMask
from skinvision.ui import controls, models, session
from skinvision.ui.session import Upload, Wanted, key

_HELP = "Networks for dermoscopy know nothing of ordinary photographs, and the reverse."


@dataclass(frozen=True, slots=True)
class Subject:
    """What the controls say.

    Attributes:
        wanted: by which models, with the maps of the last stage.
        stage: at which other maps are to be made.
        chosen: the class to explain; None for the predicted one.
    """

    upload: Upload
    wanted: Wanted
    stage: str
    chosen: str | None

    @property
    def card(self) -> ModelCard:
        """Of the classifier."""
        return models.card(self.wanted.classifier)

    @property
    def target(self) -> str:
        """The class to explain, of an upload that is analysed."""
        return self.chosen or self.upload.analyses[self.wanted].prediction.top

    @property
    def outline(self) -> LesionMask | None:
        """Upon the maps of an upload that is analysed; None where there is none that may be shown."""
        return words.outline(self.upload.analyses[self.wanted], self.card)

    @property
    def lines_note(self) -> str:
        """What the lines upon those maps are; "" where there are none."""
        return words.lines_note(self.outline, self.upload.analyses[self.wanted].explanation(self.target))

    @property
    def pass_s(self) -> float:
        """How long one pass takes: as long as the analysis, or as the card says where that was remembered."""
        speed = self.card.speed.milliseconds if self.card.speed else 0.0
        return max(self.upload.analyses[self.wanted].timings_ms["classify_and_explain"], speed) / 1000


def show() -> Subject:
    """The row of controls, and what they say."""
    uploads = list(session.uploads().values())
    with st.container(key="controls"):
        row = st.grid(3 + (len(uploads) > 1), min_column_width=190, vertical_alignment="bottom")
    upload = picture(row.cell(), uploads) if len(uploads) > 1 else uploads[0]
    with row.cell():
        classifier = models.card(_classifier())
    with row.cell():
        target = controls.chosen_target(classifier)
    with row.cell():
        stage = controls.chosen_stage(classifier)
    wanted = Wanted(models.names("segmentation")[0], classifier.name, classifier.stages[-1])
    return Subject(upload, wanted, stage, target)


def picture(cell: DeltaGenerator, uploads: list[Upload]) -> Upload:
    """The latest picture, until another one is chosen; whoever brings one more wants to see that."""
    names = {upload.sha256: upload.name for upload in uploads}
    chosen = cell.selectbox(
        "Picture",
        list(names),
        format_func=lambda sha256: names[sha256],
        key=key(f"picture_{uploads[0].sha256}"),
        persist_state="session",
    )
    return next(upload for upload in uploads if upload.sha256 == chosen)


def _classifier() -> str:
    """Those for the kind of pictures that these are come first; each kind has a choice of its own."""
    kind = controls.told_kind()
    offered = [name for name in models.names("classification") if models.card(name).modality != "synthetic"]
    return st.selectbox(
        "Network",
        sorted(offered, key=lambda name: models.card(name).modality != kind),
        format_func=models.title,
        help=_HELP,
        key=key(f"explained_classifier_{kind}"),
        persist_state="session",
    )
