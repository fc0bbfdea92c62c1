"""Tell from the names of Parquet files whether all parts of a whole are there, and once."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from stages.sources.reports import raise_problems

SHARD = re.compile(  # the hub once put a hash behind the total
    r"(.*?)[-_.]?([0-9]{1,9})-of-([0-9]{1,9})(?:-[0-9a-f]+)?\.parquet", re.IGNORECASE
)
NUMBERED = re.compile(r"(.*?)([0-9]{1,9})\.parquet", re.IGNORECASE)
YEAR = 100  # parts of no stated total begin at a lower number: train2014 is none


class Part(NamedTuple):
    """The place of a file among the parts of a whole, by its name."""

    whole: str  # what all parts have in common
    number: int | None
    total: int | None  # parts, as the name promises


def require_whole(place: str, splits: Mapping[str, Sequence[str]]) -> None:
    """Check that the files of each split are parts of one whole, and that none is missing.

    Raises:
        UserError: they are not, or one is.
    """
    _require(place, splits, [line for split in splits for line in _unlike(split, splits[split])])


def require_parts(place: str, splits: Mapping[str, Sequence[str]], names: Sequence[str]) -> None:
    """Check that no part is missing, among all `names`, of what the files of a split are parts of.

    Raises:
        UserError: one is.
    """
    wholes = {split: _wholes(parts) for split, parts in splits.items()}
    around = {
        split: [name for name in names if not _wholes([name]).keys() - known.keys()]
        for split, known in wholes.items()
    }
    _require(place, around, [])


def _require(place: str, splits: Mapping[str, Sequence[str]], problems: Sequence[str]) -> None:
    lacks = [line for split, parts in splits.items() for line in _incomplete(split, parts)]
    heading = f"{place}: splits are not there whole, and once; mend that:"
    raise_problems(heading, [*problems, *lacks])


def part(name: str) -> Part:
    """Read the place of a file from its name."""
    if shard := SHARD.fullmatch(name):
        return Part(shard[1], int(shard[2]), int(shard[3]))
    folder = f"{PurePosixPath(name).parent}/".removeprefix("./")
    if (match := NUMBERED.fullmatch(name)) and len(match[2]) > 2:  # 0001, but not cifar10
        return Part(match[1] or folder, int(match[2]), None)
    return Part(folder, None, None)


def _wholes(names: Iterable[str]) -> dict[tuple[str, int | None], list[int]]:
    """Return the numbers of the parts of each whole, by its name and promised total."""
    wholes = defaultdict[tuple[str, int | None], list[int]](list)
    for name in names:
        whole, number, total = part(name)
        wholes[whole, total].append(-1 if number is None else number)
    return wholes


def _unlike(split: str, names: Iterable[str]) -> Iterator[str]:
    """Say whether a split is there as several wholes, of which one may be meant."""
    if len(wholes := _wholes(names)) > 1:
        once = len({whole for whole, _ in wholes}) == len(wholes)
        told = sorted(_describe(whole, None if once else total) for whole, total in wholes)
        yield f"{split}: is there as {', '.join(told)}"


def _incomplete(split: str, names: Iterable[str]) -> Iterator[str]:
    """Compare the parts of a split with what their names promise."""
    for (whole, total), there in _wholes(names).items():
        numbers = sorted(there)
        first = 0 if total else min(numbers[0], 1)
        # No list of what should be there: a name may promise any number.
        gapless = numbers == [*range(first, first + len(numbers))]
        counted = total is not None or numbers[0] in range(YEAR)
        if counted and (not gapless or len(numbers) != (total or len(numbers))):
            seen = ", ".join(map(str, numbers[:10])) + (", ..." if len(numbers) > 10 else "")
            of = f"{len(numbers)} of {total} parts" if total else f"{len(numbers)} parts"
            yield f"{split}: {_describe(whole, None)} has {of}, with the numbers {seen}"


def _describe(whole: str, total: int | None) -> str:
    return (whole or "the top folder") + (f" of {total}" if total else "")
