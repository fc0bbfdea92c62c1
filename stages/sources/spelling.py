"""Tell which class a person means by a label."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache

from reprise.escaping import cell
from stages.sources import class_names, decisions
from stages.sources.class_names import normalize_name

NEW = "new"  # with a colon before the name of a class that is to be made


def with_new(classes: Sequence[str], labels: Iterable[str]) -> tuple[str, ...]:
    """Return the classes and, behind them, those that labels of a person say to be new.

    Raises:
        UserError: one has no name, or looks like another.
    """
    spelt = {*labels} - {*classes}
    new = sorted({name for label in spelt if (name := _new_name(label)) is not None} - {*classes})
    if new:
        class_names.check_distinct(str(decisions.FOLDER), [*classes, *new])
    return (*classes, *new)


def _new_name(label: str) -> str | None:
    """Return the name of the class that a label says to be new."""
    word, colon, name = label.partition(":")
    return normalize_name(name) if colon and word.strip().casefold() == NEW else None


def numbers(classes: Sequence[str]) -> dict[str, int]:
    """Return the numbers of the classes by name, also as tables for spreadsheets escape it."""
    escaped = {cell(name): number for number, name in enumerate(classes)}
    return escaped | {name: number for number, name in enumerate(classes)}


def find(label: str, numbers: Mapping[str, int]) -> int:
    """Return the number of the class that a label names.

    Raises:
        ValueError: there is no such class.
    """
    for name in (label, normalize_name(label), _new_name(label)):
        if name is not None and name in numbers:
            return numbers[name]
    raise ValueError(f"there is no class {label}; the nearest is {_nearest(label, (*numbers,))}")


@lru_cache  # a table may hold the same mistake many times
def _nearest(label: str, names: tuple[str, ...]) -> str:
    return get_close_matches(label, names, n=1, cutoff=0)[0]
