"""Put the figures of models, maps and study, as the cards say, between the two marks in the README."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from skinvision import catalogue
from skinvision.render.tables import contest_table, flips_table, model_tables, sweep_table, truth_table

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- figures: make figures -->\n", "<!-- end of figures -->\n"
_SWEPT = (
    "Only where the lesion is missing, another answer is no mistake. Stickers and dark corners lie outside of the box "
    "that most networks see: that they do nothing to those is no proof that the networks are immune"
)


def main() -> None:
    README.write_text(with_figures(README.read_text()))


def with_figures(text: str) -> str:
    """``text`` with the figures of all models between the marks.

    Raises:
        ValueError: a mark is missing.
    """
    before, mark, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (mark and end):
        raise ValueError(f"expected the marks {BEGIN.strip()!r} and {END.strip()!r} in {README.name}; put them back")
    figures = "\n\n".join(_figures())
    return f"{before}{mark}\n{figures}\n\n{end}{after}"


def _figures() -> Iterator[str]:
    models = [catalogue.read_card(name) for task in catalogue.DEFAULTS for name in catalogue.names(task)]
    yield model_tables(models)
    if experiments := model_tables(catalogue.study()):
        yield f"The experiments, whose weights are not kept:\n\n{experiments}"
    for card in models:
        if card.methods:
            yield f"Which method's maps are most faithful to {card.title} (`contest`):\n\n{contest_table(card.methods)}"
        if card.sweep and card.name == catalogue.DEFAULTS[card.task]:
            yield f"What changes of the picture do to {card.title} (`sweep`). {_SWEPT}:\n\n{sweep_table(card.sweep)}"
        if card.truth is not None:
            yield f"Which method's maps find what decides, where it is known (`truth`):\n\n{truth_table(card.truth)}"
    if sweeps := {card.title: card.sweep for card in models if card.sweep}:
        yield f"Answers that the same changes turn (`sweep`):\n\n{flips_table(sweeps)}"


if __name__ == "__main__":
    main()
