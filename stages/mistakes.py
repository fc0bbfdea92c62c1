"""Mistakes in parameters, in words: one line a key, what was found and what was expected."""

import json
import reprlib
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from itertools import groupby, islice
from typing import NamedTuple

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from reprise.escaping import printable

SHOWN = 200  # characters of a value in a message
LINES = 20  # in a message
FEW = 1000  # values within a value that are worth a look


class Former(NamedTuple):
    """What a parameter is called that had another name before."""

    name: str
    reason: str


def describe(
    section: str,
    fields: Mapping[str, FieldInfo],
    error: ValidationError,
    former: Mapping[str, Former] | None = None,
) -> list[str]:
    """Return a line for every key that is wrong; `former` are the names that some had before."""
    before = former or {}
    found = error.errors(include_url=False, include_context=False)
    old = {str(details["loc"][0]) for details in found if _is_unknown(details)} & before.keys()
    renamed = {before[name].name for name in old}

    def key(details: ErrorDetails) -> str:
        # Behind the name stand positions in a list, which help, and names of choices, which do not.
        name, *inner = [section, *details["loc"][:1]], *details["loc"][1:]
        return ".".join(map(str, [*name, *(part for part in inner if isinstance(part, int))]))

    lines = list[str]()
    for name, group in groupby(found, key):
        _, _, leaf = name.partition(".")
        if leaf in old:
            now, reason = before[leaf]
            lines.append(f"{name} is called {now} now ({reason}); rename it")
        elif leaf not in renamed:  # else it is missing, and stands there under its former name
            lines.append(_line(name, fields, list(group)))
    more = [f"{section}: and {len(lines) - LINES} more mistakes"] if len(lines) > LINES else []
    return [*lines[:LINES], *more]


def nearest(name: str, known: Iterable[str], prefix: str = "") -> str:
    """Name the known name nearest to a misspelt one, or all of them."""
    near = get_close_matches(name[:SHOWN].lower(), known, n=1)
    return f"did you mean {prefix}{near[0]}?" if near else f"known are: {', '.join(sorted(known))}"


def shown(value: object, form: Callable[[object], str] = json.dumps) -> str:
    """Return a value as text in one line; of a huge one, of which aliases make more, the start."""
    few = sum(1 for _ in islice(_within(value, ()), FEW)) < FEW
    return short(form(value) if few else reprlib.repr(value))


def short(text: str) -> str:
    """Return text for a message: in one line, and of long text the start."""
    if len(text) <= SHOWN:
        return printable(text)
    return f"{printable(text[:SHOWN])}... ({len(text):,} characters)"


def _within(value: object, above: tuple[int, ...]) -> Iterable[object]:
    """Yield a value and all that is in it, but not again what it is part of."""
    yield value
    if isinstance(value, dict | list) and id(value) not in above:
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _within(inner, (*above, id(value)))


def _is_unknown(details: ErrorDetails) -> bool:
    return details["type"] == "extra_forbidden"


def _line(key: str, fields: Mapping[str, FieldInfo], found: list[ErrorDetails]) -> str:
    """Say of one key what is wrong; there are several findings where it has a choice of types."""
    section, _, name = key.partition(".")
    kinds, label = {details["type"] for details in found}, short(key)
    if "missing" in kinds:  # the whole, or one of a list
        return f"{label} is missing; add it: {fields[name.partition('.')[0]].description}"
    if "extra_forbidden" in kinds:
        return f"{label} is unknown; {_remedy(section, name, fields)}"
    if "value_error" in kinds:
        return f"{section}: {short(found[0]['msg'].removeprefix('Value error, '))}"
    wanted = (details["msg"].partition(" should ")[2] for details in found)
    expected = " or ".join(filter(None, wanted)).replace(" or be ", " or ")
    value = shown(found[0]["input"])
    if not expected:  # few findings of pydantic say what should be
        return f"{label}: {short(found[0]['msg'])}; it is {value}"
    return f"{label} must {expected.partition(' after validation')[0]}, is {value}"


def _remedy(section: str, name: str, fields: Mapping[str, FieldInfo]) -> str:
    """Say what an unknown key may have been meant to be."""
    whole, bracket, _ = name.partition("[")
    if bracket and whole in fields:
        return (
            f"a list is one value: write all of {section}.{whole}, "
            f"on the command line as -S '{section}.{whole}=[1,2]'"
        )
    return nearest(name, fields, f"{section}.")
