"""Messages about wrong parameters: a line a key, with what was found and what was expected."""

import json
import reprlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import partial
from itertools import groupby, islice
from typing import NamedTuple

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from reprise.escaping import printable

SHOWN = 200  # characters of a value in a message
LINES = 20  # in a message
LISTED = 200  # names in a message
FEW = 1000  # a value that holds fewer is written out


class Former(NamedTuple):
    """The name of a parameter that once had another, and why it was renamed."""

    name: str
    reason: str


def describe(
    section: str,
    fields: Mapping[str, FieldInfo],
    error: ValidationError,
    former: Mapping[str, Former] | None = None,
) -> list[str]:
    """Return a line for every key that is wrong; `former` are the names that some had before."""
    found = error.errors(include_url=False, include_context=False)
    unknown = {str(details["loc"][0]) for details in found if details["type"] == "extra_forbidden"}
    renamed = {name: now for name, now in (former or {}).items() if name in unknown}
    lines = list(_lines(section, fields, found, renamed))
    more = [f"{section}: and {len(lines) - LINES} more mistakes"] if len(lines) > LINES else []
    return [*lines[:LINES], *more]


def nearest(name: str, known: Iterable[str], prefix: str = "") -> str:
    """Suggest the known name nearest to a misspelt one, or list all, or count them."""
    names = sorted(known)
    if near := get_close_matches(name[:SHOWN].lower(), names, n=1):
        return f"did you mean {prefix}{near[0]}?"
    return f"known are: {', '.join(names)}" if len(names) <= LISTED else f"{len(names):,} are known"


def shown(value: object, form: Callable[[object], str] = json.dumps) -> str:
    """Return a value as text in one line; of a huge one, as aliases can make it, the start."""
    few = sum(1 for _ in islice(_within(value, ()), FEW)) < FEW
    return short(form(value) if few else reprlib.repr(value))


def short(text: str) -> str:
    """Return text for a message: escaped, and of long text the start."""
    if len(text) <= SHOWN:
        return printable(text)
    return f"{printable(text[:SHOWN])}... ({len(text):,} characters)"


def _within(value: object, above: tuple[int, ...]) -> Iterable[object]:
    """Yield a value and all in it; an alias of its own parent only once."""
    yield value
    if isinstance(value, dict | list) and id(value) not in above:
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _within(inner, (*above, id(value)))


def _lines(
    section: str,
    fields: Mapping[str, FieldInfo],
    found: Iterable[ErrorDetails],
    renamed: Mapping[str, Former],
) -> Iterator[str]:
    """Yield a line for every key; one that is missing stands there under its former name."""
    present = {former.name for former in renamed.values()}
    for key, group in groupby(found, partial(_key, section)):
        _, _, name = key.partition(".")
        if name in renamed:
            now, reason = renamed[name]
            yield f"{key} is called {now} now ({reason}); rename it"
        elif name not in present:
            yield _line(key, fields, list(group))


def _key(section: str, details: ErrorDetails) -> str:
    """Name what is wrong: section, parameter, and positions in a list, without types of a union."""
    name, inner = details["loc"][:1], details["loc"][1:]
    return ".".join(map(str, [section, *name, *(part for part in inner if isinstance(part, int))]))


def _line(key: str, fields: Mapping[str, FieldInfo], found: list[ErrorDetails]) -> str:
    """Say what is wrong with one key; a union of types has a finding for each."""
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
    """Suggest what an unknown key was meant to be."""
    whole, bracket, _ = name.partition("[")
    if bracket and whole in fields:
        return (
            f"a list is one value: write all of {section}.{whole}, "
            f"on the command line as -S '{section}.{whole}=[1,2]'"
        )
    return nearest(name, fields, f"{section}.")
