"""Keeps torch's compiler out while libraries are imported and networks built: a second of the wait at the app's start.

They only mark functions as not to be compiled, which then stay unmarked: for a process that compiles nothing, as the
app's. Another thread that asks for the compiler meanwhile gets the stand-in.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

_COMPILER, _UTILS = "torch._dynamo", "torch._dynamo.utils"


@contextmanager
def without_compiler() -> Iterator[None]:
    """Within it, the compiler is a stand-in with the two functions that are asked for; nothing where it is there."""
    if _COMPILER in sys.modules:
        yield
        return
    stand_ins = {_COMPILER: ModuleType(_COMPILER), _UTILS: ModuleType(_UTILS)}
    vars(stand_ins[_COMPILER]).update(disable=_unchanged, utils=stand_ins[_UTILS])
    vars(stand_ins[_UTILS]).update(is_compile_supported=lambda _device: False)
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name in stand_ins:
            del sys.modules[name]


def _unchanged(function: Callable[..., Any], *_: Any, **__: Any) -> Callable[..., Any]:
    return function
