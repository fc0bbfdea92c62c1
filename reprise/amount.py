"""How many pictures are named, as far as that is known without reading them."""

from collections.abc import Iterable
from pathlib import Path

from reprise.directory import Failure, Skipped
from reprise.inputs import STDIN
from reprise.sourcing.naming import is_many, pictures_of
from reprise.sourcing.opening import is_holder


def amount(named: Iterable[str]) -> int | None:
    """Return the number; None where an archive, a table or standard input is among the names."""
    known = 0
    for name in named:
        if (count := _of(name)) is None:
            return None
        known += count
    return known


def _of(name: str) -> int | None:
    if not is_many(name):
        return None if name == STDIN else 1
    if is_holder(Path(name)):
        return None
    found = iter(pictures_of(name, Skipped()))
    first = next(found, None)
    if first is None or (not isinstance(first, Failure) and not isinstance(first.data, Path)):
        return None  # a folder of Parquet files
    return 1 + sum(1 for _ in found)
