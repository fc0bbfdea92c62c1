"""Group the Parquet files of a data set by split.

The split is in any word of a file's name (`cifar10-test.parquet`) or, where there is none, of
the nearest folder's (`partial-train/0000.parquet`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from posixpath import commonpath
from typing import NoReturn

from stages.errors import UserError
from stages.sources import shard_parts, split_names
from stages.sources.labelled import ORDER
from stages.sources.reports import excerpt, raise_problems
from stages.sources.store import Store

KNOWN = f"name each file, or its folder, by its split; known are {split_names.ACCEPTED}"
APART = "keep one of them there, or give their files one name"


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


def group(place: str, names: list[str], remedy: str = APART) -> dict[str, list[str]]:
    """Group Parquet files of a place by split, and check that each part is there once.

    `remedy` says what to do where two published splits are one here.

    Raises:
        UserError: as `group_by_split`.
    """
    said = _said(names)
    found = defaultdict[str, list[str]](list)
    for name, split in _splits(place, said).items():
        found[split].append(name)
    for files in found.values():
        if published := split_names.merged([said[name] for name in files]):
            refuse_merged(place, published, remedy)
    shard_parts.require_whole(place, found)
    return {split: found[split] for split in ORDER if split in found}


def refuse_merged(place: str, published: Iterable[str], remedy: str) -> NoReturn:
    """Say that published splits are one here, as dev and validation are: which is meant?

    Raises:
        UserError: always.
    """
    told = ", ".join(map(excerpt, published))
    raise UserError(f"{place}: {told} are one split here; {remedy}")


def _splits(place: str, said: Mapping[str, frozenset[str]]) -> dict[str, str]:
    """Return the split of each file; parts of one whole whose names tell none are train."""
    names, meant = [*said], {name: split_names.meant(words) for name, words in said.items()}
    two = [f"{name}: {', '.join(sorted(found))}" for name, found in meant.items() if len(found) > 1]
    raise_problems(f"{place}: names that speak of several splits; {KNOWN}:", two)
    silent = [name for name, found in meant.items() if not found]
    if len(silent) < len(names):
        raise_problems(f"{place}: files of no split, beside others ({KNOWN}); rename them:", silent)
    elif len(names) > 1 and (
        len({shard_parts.part(name).whole for name in names}) > 1 or _are_unnumbered(names)
    ):
        raise_problems(f"{place}: several files, and no name tells the split; {KNOWN}:", silent)
    return {name: next(iter(found), "train") for name, found in meant.items()}


def _said(names: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return the words for splits in the name of each file, and in its folder's.

    Folders around all files count only if nothing else names a split.
    """
    paths = {name: PurePosixPath("/", name) for name in names}
    around = commonpath([str(path.parent) for path in paths.values()])
    said = dict[str, frozenset[str]]()
    for name, path in paths.items():
        own = split_names.said_in_path(path.name)
        inner = split_names.said_in_path(str(path.parent.relative_to(around) / "_"))
        said[name] = own | inner or split_names.said_in_path(str(path))
    return said


def _are_unnumbered(names: list[str]) -> bool:
    """Return whether the files are no numbered parts of one whole."""
    numbers = [shard_parts.part(name).number for name in names]
    return min(-1 if number is None else number for number in numbers) not in range(
        shard_parts.YEAR
    )
