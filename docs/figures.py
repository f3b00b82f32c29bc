"""Put the held-out figures of models and study, as their cards say, between the two marks in the README."""

from __future__ import annotations

from pathlib import Path

from skinvision import catalogue
from skinvision.render.tables import model_tables

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- figures: make figures -->\n", "<!-- end of figures -->\n"


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
    models = [catalogue.read_card(name) for task in catalogue.DEFAULTS for name in catalogue.names(task)]
    experiments = model_tables(catalogue.study())
    told = f"The experiments, whose weights are not kept:\n\n{experiments}\n\n" if experiments else ""
    return f"{before}{mark}\n{model_tables(models)}\n\n{told}{end}{after}"


if __name__ == "__main__":
    main()
