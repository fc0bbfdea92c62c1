"""Mistakes in parameters, in words: one line a key, what was found and what was expected."""

import json
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from itertools import groupby

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails


def describe(section: str, fields: Mapping[str, FieldInfo], error: ValidationError) -> list[str]:
    """Return a line for every key that is wrong."""

    def key(details: ErrorDetails) -> str:
        # Behind the name stand positions in a list, which help, and names of choices, which do not.
        name, *inner = [section, *details["loc"][:1]], *details["loc"][1:]
        return ".".join(map(str, [*name, *(part for part in inner if isinstance(part, int))]))

    return [_line(name, fields, list(found)) for name, found in groupby(error.errors(), key)]


def nearest(name: str, known: Iterable[str], prefix: str = "") -> str:
    """Name the known name nearest to a misspelt one, or all of them."""
    near = get_close_matches(name.lower(), known, n=1)
    return f"did you mean {prefix}{near[0]}?" if near else f"known are: {', '.join(sorted(known))}"


def _line(key: str, fields: Mapping[str, FieldInfo], found: list[ErrorDetails]) -> str:
    """Say of one key what is wrong; there are several findings where it has a choice of types."""
    section, _, name = key.partition(".")
    kinds = {details["type"] for details in found}
    if "missing" in kinds:  # the whole, or one of a list
        return f"{key} is missing; add it: {fields[name.partition('.')[0]].description}"
    if "extra_forbidden" in kinds:
        return f"{key} is unknown; {nearest(name, fields, f'{section}.')}"
    if "value_error" in kinds:
        return f"{section}: {found[0]['msg'].removeprefix('Value error, ')}"
    wanted = (details["msg"].partition(" should ")[2] for details in found)
    expected = " or ".join(wanted).replace(" or be ", " or ").partition(" after validation")[0]
    return f"{key} must {expected}, is {json.dumps(found[0]['input'])}"
