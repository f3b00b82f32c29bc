"""What the README shows, made by programs: ``python -m docs.screenshots`` and ``python -m docs.figures``."""
