"""Numbers as people read them, with a true minus."""

from __future__ import annotations


def percent(share: float) -> str:
    """``share`` as whole percent. What is more than nothing or less than everything is not called so."""
    if 0 < share < 0.005:
        return "< 1 %"
    if 0.995 <= share < 1:
        return "> 99 %"
    return minus(f"{round(100 * share)} %")  # of whole numbers none is -0


def minus(number: str) -> str:
    """``number`` with the sign that type has for it."""
    return number.replace("-", "−")
