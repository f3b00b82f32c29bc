"""skinvision: see what a skin-lesion network looks at, and learn whether to believe it.

The public names load what they need when they are first used: ``import skinvision`` alone does not import torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skinvision.errors import ImageRejected as ImageRejected
    from skinvision.errors import SkinvisionError as SkinvisionError
    from skinvision.errors import WeightsRejected as WeightsRejected
    from skinvision.intake import read_case as read_case
    from skinvision.pipeline import Analyser as Analyser

__version__ = "0.1.0"

_HOMES = {
    "Analyser": "skinvision.pipeline",
    "ImageRejected": "skinvision.errors",
    "SkinvisionError": "skinvision.errors",
    "WeightsRejected": "skinvision.errors",
    "read_case": "skinvision.intake",
}
__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
