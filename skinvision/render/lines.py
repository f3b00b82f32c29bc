"""What the command line tells a person of one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skinvision.render.words import method_title, percent

if TYPE_CHECKING:
    from skinvision.card import ModelCard
    from skinvision.render.explained import Explained
    from skinvision.render.report import Document

_UNLIKE = "unlike the training pictures"


def analysed(document: Document, card: ModelCard) -> str:
    """One line: the answer, the lesion, and what may spoil them."""
    source = _printable(document.source)
    if document.mask is None:
        return f"{source}: rejected: {document.reason}"
    top = max(document.prediction, key=document.prediction.__getitem__)
    said = [
        f"{source}: {card.title_of(top)} {percent(document.prediction[top])}",
        f"prediction set {', '.join(document.prediction_set)}",
        f"lesion {percent(document.mask.area_fraction)} of the picture",
        *document.quality,
        *([] if document.in_distribution else [_UNLIKE]),
    ]
    return "; ".join(said)


def explained(found: Explained, card: ModelCard) -> str:
    """One line on the map, and one for each reason of a verdict."""
    source = _printable(found.source)
    if found.target is None or found.method is None:
        return f"{source}: rejected: {found.reason}"
    share = found.lesion_share
    inside = (
        "no positive evidence, or where the lesion is, is not known"
        if share is None
        else f"{percent(share)} inside the lesion"
    )
    said = f"{source}: {method_title(found.method)} of {card.title_of(found.target)} at {found.stage}; {inside}"
    more = [*([found.verdict] if found.verdict else []), *([] if found.in_distribution else [_UNLIKE])]
    return "\n  ".join(["; ".join([said, *more]), *(found.reasons or ())])


def _printable(source: str) -> str:
    """A name cannot break the line."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in source)
