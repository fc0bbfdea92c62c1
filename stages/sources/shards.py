"""Group the Parquet files of a data set by split, and check that no part is missing.

The split is in any word of a file's name (`cifar10-test.parquet`) or, where there is none, of
the nearest folder's (`partial-train/0000.parquet`).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from posixpath import commonpath
from typing import NamedTuple

from stages.errors import UserError
from stages.sources import split_names
from stages.sources.labelled import ORDER
from stages.sources.reports import raise_problems
from stages.sources.store import Store

SHARD = re.compile(  # the hub once put a hash behind the total
    r"(.*?)[-_.]?([0-9]{1,9})-of-([0-9]{1,9})(?:-[0-9a-f]+)?\.parquet", re.IGNORECASE
)
NUMBERED = re.compile(r"(.*?)([0-9]{1,9})\.parquet", re.IGNORECASE)
YEAR = 100  # parts of no stated total begin at a lower number: train2014 is none
KNOWN = f"name each file, or its folder, by its split; known are {split_names.ACCEPTED}"


class Part(NamedTuple):
    """The place of a file among the parts of a whole, by its name."""

    whole: str  # what all parts have in common
    number: int | None
    total: int | None  # parts, as the name promises


def group_by_split(store: Store) -> dict[str, list[str]]:
    """Group the Parquet files by split, and check that each part is there once.

    Raises:
        UserError: there are none, some are in no split or in two, or a part is missing or there
            twice.
    """
    names = [name for name in store.names() if name.lower().endswith(".parquet")]
    if not names:
        raise UserError(f"{store.place}: holds no .parquet file")
    return group(store.place, names)


def group(place: str, names: list[str]) -> dict[str, list[str]]:
    """Group Parquet files of a place by split, and check that each part is there once.

    Raises:
        UserError: as `group_by_split`.
    """
    found = defaultdict[str, list[str]](list)
    for name, split in _splits(place, names).items():
        found[split].append(name)
    problems = [line for split, parts in found.items() for line in _unlike(split, parts)]
    _require_whole(place, found, problems)
    return {split: found[split] for split in ORDER if split in found}


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
    _require_whole(place, around, [])


def _require_whole(
    place: str, splits: Mapping[str, Sequence[str]], problems: Sequence[str]
) -> None:
    lacks = [line for split, parts in splits.items() for line in _incomplete(split, parts)]
    heading = f"{place}: splits are not there whole, and once; mend that:"
    raise_problems(heading, [*problems, *lacks])


def _splits(place: str, names: list[str]) -> dict[str, str]:
    """Return the split of each file; parts of one whole whose names tell none are train."""
    around = PurePosixPath(commonpath([str(PurePosixPath("/", name).parent) for name in names]))
    said = {name: _splits_of(PurePosixPath("/", name), around) for name in names}
    two = [f"{name}: {', '.join(sorted(found))}" for name, found in said.items() if len(found) > 1]
    raise_problems(f"{place}: names that speak of several splits; {KNOWN}:", two)
    silent = [name for name, found in said.items() if not found]
    if len(silent) < len(names):
        raise_problems(f"{place}: files of no split, beside others ({KNOWN}); rename them:", silent)
    elif len(names) > 1 and (
        len({_part(name).whole for name in names}) > 1 or _are_unnumbered(names)
    ):
        raise_problems(f"{place}: several files, and no name tells the split; {KNOWN}:", silent)
    return {name: next(iter(found), "train") for name, found in said.items()}


def _splits_of(path: PurePosixPath, around: PurePosixPath) -> frozenset[str]:
    """Return the splits of a file, those of its folder too where they are others.

    Folders around all files count only if nothing else names a split.
    """
    own = split_names.find_in_path(path.name)
    inner = split_names.find_in_path(str(path.parent.relative_to(around) / "_"))
    return own | inner or split_names.find_in_path(str(path))


def _are_unnumbered(names: list[str]) -> bool:
    """Return whether the files are no numbered parts of one whole."""
    numbers = [_part(name).number for name in names]
    return min(-1 if number is None else number for number in numbers) not in range(YEAR)


def _part(name: str) -> Part:
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
        whole, number, total = _part(name)
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
