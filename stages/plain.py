"""Refuse parameter values that YAML can express and no stage can use: bombs, control characters."""

from collections.abc import Iterator
from itertools import islice
from unicodedata import category

from stages import mistakes

MOST = 10_000  # values of a parameter, aliases counted wherever they stand
DEEPEST = 20  # lists within lists
LONGEST = 1000  # bits of a whole number
WHITE = "\t\n\r"


def flaw(value: object) -> str:
    """Say of a parameter's value what nobody writes on purpose, or nothing."""
    for number, (inner, depth) in enumerate(islice(_values(value, ()), MOST + 1)):
        if number == MOST:
            return (
                f"holds more than {MOST:,} values, counting what aliases (*name) stand for; "
                "write it without them"
            )
        if depth > DEEPEST:
            return f"is nested deeper than {DEEPEST} lists; mend it by hand"
        if isinstance(inner, int) and inner.bit_length() > LONGEST:
            return "must be a number of at most 300 digits; mend it by hand"
        if isinstance(inner, str) and (strange := _strange(inner)):
            shown = mistakes.shown(inner)
            return f"must be text without control characters, has {strange}, is {shown}"
    return ""


def _values(value: object, above: tuple[int, ...]) -> Iterator[tuple[object, int]]:
    """Yield a value and all that is in it, each with its depth; not again what it is part of."""
    yield value, len(above)
    if isinstance(value, dict | list) and id(value) not in above and len(above) <= DEEPEST:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for name, inner in pairs:
            yield name, len(above)
            yield from _values(inner, (*above, id(value)))


def _strange(text: str) -> str:
    """Name the first letter that is half of one, or commands a machine, or return nothing."""
    if text.isprintable():
        return ""
    odd = (letter for letter in text if category(letter) in {"Cc", "Cs"} and letter not in WHITE)
    return next((f"U+{ord(letter):04X}" for letter in odd), "")
