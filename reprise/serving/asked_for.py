"""The parameters of a request: `top`, `explain` and `threshold`."""

from collections.abc import Mapping
from typing import NamedTuple

from reprise.serving.refusal import RejectedError

SWITCH = {"0": False, "false": False, "1": True, "true": True}
LONGEST = 30  # letters of a number


class Wanted(NamedTuple):
    """The parameters of a request; the defaults are those of `reprise predict`."""

    top: int = 3  # classes
    explain: bool = False
    threshold: float | None = None  # least probability of an answer, beside the model's rule


def read(given: Mapping[str, object]) -> Wanted:
    """Return what an address or a body asks for, whose values may be any of JSON.

    Raises:
        RejectedError: a name is none of these, or a value is of the wrong kind.
    """
    made = Wanted(
        _top(given.get("top")), _switch(given.get("explain")), _share(given.get("threshold"))
    )
    unknown = next((name for name in given if name not in Wanted._fields), None)
    if unknown is not None:
        names = ", ".join(Wanted._fields)
        raise RejectedError(400, f"there is no parameter {unknown[:20]!r}; there are {names}")
    return made


def _top(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10:
        value = int(value)
    if value is None:
        return Wanted().top
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise RejectedError(400, f"top must be a whole number from 1, is {_shown(value)}")
    return value


def _switch(value: object) -> bool:
    if value is None:
        return False
    found = SWITCH.get(str(value).lower()) if isinstance(value, str | int) else None
    if found is None:
        raise RejectedError(400, f"explain must be 0, 1, true or false, is {_shown(value)}")
    return found


def _share(value: object) -> float | None:
    if value is None:
        return None
    found = value
    if isinstance(value, str) and len(value) <= LONGEST:
        try:
            found = float(value)
        except ValueError:
            found = None
    # Of a whole number beyond every float, the comparison is exact. NaN is not between any two.
    if isinstance(found, int | float) and not isinstance(found, bool) and 0 <= found <= 1:
        return float(found)
    raise RejectedError(400, f"threshold must be a number from 0 to 1, is {_shown(value)}")


def _shown(value: object) -> str:
    """Return a value of JSON, but no list or object: it may be too deep to be written."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    return repr(str(value)[:20])
