"""Numbers as words of a page."""

import re
from typing import TypeAlias

Number: TypeAlias = float | int  # to beartype, an int is no float


def percent(share: Number) -> str:
    """Return a share as `98.5 %`; what is nearly all is `> 99.9 %`, and nearly none `< 0.1 %`."""
    if 0 < share < 0.0005:
        return "< 0.1 %"
    if 0.9995 <= share < 1:
        return "> 99.9 %"
    return f"{share:.1%}".replace("%", " %")


def spaced(sentence: str) -> str:
    """Return a sentence with its percentages written as `percent` does."""
    return re.sub(r"(?<=\d)%", " %", sentence)
