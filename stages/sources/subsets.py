"""Choose the Parquet files of a subset of a data set, as the hub's own conventions do.

The front matter of its README may name subsets (`configs`), each with patterns of files, by split
or not. Where it names none, a folder is a subset, and names of files and folders tell the split.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from stages.errors import UserError
from stages.sources import declared_subsets, shards, split_names
from stages.sources.declared_subsets import DEFAULT, TOLD, Files
from stages.sources.labelled import ORDER
from stages.sources.reports import excerpt
from stages.sources.shard_parts import require_parts

OTHER = "choose another download.subset"
ALONE = (
    "it has no other subset: fetch the files of the commit into data/source by `hf download`, keep "
    "there what you want, and set download.dataset to the layout that they have"
)
WHOLE = {"data", ""}  # folders that hold a whole set, not a subset


class Choice(NamedTuple):
    """The files of a subset."""

    name: str
    splits: Mapping[str, Sequence[str]]  # train, val, test
    others: Sequence[str]  # of splits that are none of these


def choose(place: str, names: Sequence[str], card: Mapping[str, Any], subset: str | None) -> Choice:
    """Return the files of a subset by split; `names` are the Parquet files of the repository.

    Raises:
        UserError: there is no such subset, there are several, it has no Parquet file, or splits
            are not there whole.
    """
    declared = declared_subsets.declared(card)
    folders = {} if declared else _folders(names)
    known = {name: declared_subsets.is_default(name, items) for name, items in declared.items()}
    name = _pick(place, known or dict.fromkeys(folders, False), subset)
    remedy = OTHER if len(known or folders) > 1 else ALONE
    try:
        files = folders.get(name) or declared_subsets.files_of(names, name, declared[name])
    except ValueError as why:
        raise UserError(f"{place}: {why}; {remedy}") from why
    parts, others = _by_split(place, files, remedy)
    for published in parts.values():
        if len(published) > 1:
            shards.refuse_merged(place, published, remedy)
    if not parts:
        told = ", ".join(map(excerpt, files))
        raise UserError(
            f"{place}: no split of it is train, validation or test, but {told}; {remedy}"
        )
    splits = {s: sorted({*next(iter(parts[s].values()))}) for s in ORDER if s in parts}
    require_parts(place, splits, names)
    return Choice(name, splits, sorted({*others}))


def _by_split(place: str, files: Files, remedy: str) -> tuple[dict[str, Files], list[str]]:
    """Return the files by split here and as published, and those of no split here."""
    parts, others = defaultdict[str, Files](dict), list[str]()
    for said, members in files.items():
        told = _told(place, members, remedy) if said == TOLD else [(said, members)]
        for published, names in told:
            if split := split_names.exact_split(published):
                parts[split][published] = [*names]
            else:
                others.extend(names)
    return dict(parts), others


def _folders(names: Sequence[str]) -> dict[str, Files]:
    """Return the files of each folder at the top, but for those that are splits."""
    tops = {name: PurePosixPath(name).parts[0] if "/" in name else "" for name in names}
    splits = split_names.split_folders({*tops.values()})
    found = defaultdict[str, Files](lambda: {TOLD: []})
    for name, top in tops.items():
        found[DEFAULT if top in WHOLE or top in splits else top][TOLD].append(name)
    return dict(found)


def _pick(place: str, found: Mapping[str, bool], subset: str | None) -> str:
    """Return the subset that is asked for, else the only one or the default."""
    marked = [name for name, default in found.items() if default]
    choice = subset or (next(iter(found)) if len(found) == 1 else marked[0] if marked else None)
    if choice in found:
        return str(choice)
    some = ", ".join(map(excerpt, sorted(found)[:20])) + (", ..." if len(found) > 20 else "")
    what = f"has no subset {excerpt(choice)}" if choice else "has several subsets"
    raise UserError(f"{place}: {what}; set download.subset to one of {some}")


def _told(place: str, names: Sequence[str], remedy: str) -> Iterable[tuple[str, Sequence[str]]]:
    """Yield the files of each split that their names tell, those that tell none with no split."""
    silent = [name for name in names if not split_names.find_in_path(name)]
    if len(silent) == len(names):
        silent = []  # all are train, or the message says why not
    telling = [name for name in names if name not in {*silent}]
    yield from shards.group(place, telling, remedy).items()
    yield "", silent
