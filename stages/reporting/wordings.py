"""Numbers as words of a page."""

import re
from typing import TypeAlias

Number: TypeAlias = float | int  # to beartype, an int is no float
ROUNDING = 1e-9  # that a mean of ones, or the area below them, may lack


def percent(share: Number) -> str:
    """Return a share as `98.5 %`; what is nearly all is `> 99.9 %`, and nearly none `< 0.1 %`."""
    if 0 < share < 0.0005:
        return "< 0.1 %"
    if 0.9995 <= share < 1:
        return "> 99.9 %"
    return f"{share:.1%}".replace("%", " %")


def three(value: Number) -> str:
    """Return a score to three decimals; what is nearly 1 is `> 0.999`, and nearly 0 `< 0.001`."""
    if 0 < value < 0.0005:
        return "< 0.001"
    if 0.9995 <= value < 1 - ROUNDING:
        return "> 0.999"
    return f"{value:.3f}"


def spaced(sentence: str) -> str:
    """Return a sentence with its percentages written as `percent` does."""
    return re.sub(r"(?<=\d)%", " %", sentence)
