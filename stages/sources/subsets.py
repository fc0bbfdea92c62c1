"""Choose the Parquet files of a subset of a data set, as the hub's own conventions do.

The front matter of its README may name subsets (`configs`), each with patterns of files, by split
or not. Where it names none, a folder is a subset, and names of files and folders tell the split.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from fsspec.utils import glob_translate

from stages.errors import UserError
from stages.sources import shards, split_names
from stages.sources.dataset_card import mappings
from stages.sources.labelled import ORDER
from stages.sources.reports import excerpt

DEFAULT = "default"
TOLD = ""  # the split of files whose names tell it
WHOLE = {"data", ""}  # folders that hold a whole set, not a subset
Files = dict[str, list[str]]  # by split, as published


class Choice(NamedTuple):
    """The files of a subset."""

    splits: Mapping[str, Sequence[str]]  # train, val, test
    others: Sequence[str]  # of splits that are none of these


def choose(place: str, names: Sequence[str], card: Mapping[str, Any], subset: str | None) -> Choice:
    """Return the files of a subset by split; `names` are the Parquet files of the repository.

    Raises:
        UserError: there is no such subset, there are several, or splits are not there whole.
    """
    found = _declared(names, card) or _folders(names)
    name = _pick(place, {name: _is_default(card, name) for name in found}, subset)
    parts, others = _by_split(place, found[name])
    if twice := [split for split, several in parts.items() if len(several) > 1]:
        told = ", ".join(map(excerpt, (said for split in twice for said in parts[split])))
        raise UserError(f"{place}: {told} are one split here; choose another download.subset")
    if not parts:
        raise UserError(
            f"{place}: no split of it is train, validation or test, but "
            f"{', '.join(map(excerpt, found[name])) or 'none'}; choose another download.subset"
        )
    splits = {s: sorted({*next(iter(parts[s].values()))}) for s in ORDER if s in parts}
    shards.require_parts(place, splits, names)
    return Choice(splits, sorted({*others}))


def _by_split(place: str, files: Files) -> tuple[dict[str, Files], list[str]]:
    """Return the files by split here and as published, and those of no split here."""
    parts, others = defaultdict[str, Files](dict), list[str]()
    for said, members in files.items():
        told = _told(place, members) if said == TOLD else [(said, members)]
        for published, names in told:
            if split := split_names.exact_split(published):
                parts[split][published] = [*names]
            else:
                others.extend(names)
    return dict(parts), others


def _declared(names: Sequence[str], card: Mapping[str, Any]) -> dict[str, Files]:
    """Return the files of each subset that the README names."""
    return {
        str(item.get("config_name", DEFAULT)): _matching(names, item)
        for item in mappings(card.get("configs"))
    }


def _matching(names: Sequence[str], item: Mapping[str, Any]) -> Files:
    """Return the files of one subset: of its patterns, its folder, or all."""
    folder = PurePosixPath(str(item.get("data_dir") or "."))
    inside = [name for name in names if PurePosixPath(name).is_relative_to(folder)]
    if (patterns := item.get("data_files")) is None:
        return {TOLD: inside}
    found = dict[str, list[str]]()
    for split, globs in _patterns(patterns):
        regexes = [re.compile(glob_translate(str(folder / glob))) for glob in globs]
        found.setdefault(split, []).extend(
            name for name in names if any(regex.fullmatch(name) for regex in regexes)
        )
    return {split: files for split, files in found.items() if files}


def _patterns(said: object) -> Iterable[tuple[str, list[str]]]:
    """Return the patterns of each split; those of none are train's, as to `datasets`."""
    if isinstance(said, dict):
        said = [{"split": split, "path": path} for split, path in said.items()]
    items = mappings(said)
    if not items:
        return [("train", [*map(str, said if isinstance(said, list) else [said])])]
    paths = [(str(item.get("split", "train")), item.get("path")) for item in items]
    return [(name, [*map(str, path if isinstance(path, list) else [path])]) for name, path in paths]


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


def _is_default(card: Mapping[str, Any], name: str) -> bool:
    items = mappings(card.get("configs"))
    said = [item for item in items if item.get("config_name", DEFAULT) == name]
    return bool(said and said[0].get("default")) or (bool(items) and name == DEFAULT)


def _told(place: str, names: Sequence[str]) -> Iterable[tuple[str, Sequence[str]]]:
    """Yield the files of each split that their names tell, those that tell none with no split."""
    silent = [name for name in names if not split_names.find_in_path(name)]
    if len(silent) == len(names):
        silent = []  # all are train, or the message says why not
    yield from shards.group(place, [name for name in names if name not in {*silent}]).items()
    yield "", silent
