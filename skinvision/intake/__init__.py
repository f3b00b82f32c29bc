"""Bytes → ``Case``: the one gate for foreign bytes."""

from skinvision.intake.gate import read_case
from skinvision.intake.quality import QUALITY

__all__ = ["QUALITY", "read_case"]
