"""Subsets that the README of a data set names (`configs`): patterns of files, by split or not."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from stages.sources import globs
from stages.sources.dataset_card import given, mappings
from stages.sources.reports import excerpt

DEFAULT = "default"
TOLD = ""  # the split of files whose names tell it
TRUE = {"true", "yes", "on"}  # in YAML, of which the card keeps the text
Files = dict[str, list[str]]  # by split, as published
Subset = Mapping[str, Any]  # what the README says of one


def declared(card: Mapping[str, Any]) -> dict[str, list[Subset]]:
    """Return what the README says of each subset that it names."""
    found = defaultdict[str, list[Subset]](list)
    for item in mappings(card.get("configs")):
        found[str(given(item, "config_name") or DEFAULT)].append(item)
    return dict(found)


def files_of(names: Sequence[str], name: str, items: Sequence[Subset]) -> Files:
    """Return the files of a subset that the README names.

    Raises:
        ValueError: it names it twice, has a pattern that is none, or no such file is there.
    """
    if len(items) > 1:
        raise ValueError(f"its README.md names subset {excerpt(name)} {len(items)} times")
    found = _matching(names, items[0])
    if not any(found.values()):
        said = [f"{key}: {items[0][key]}" for key in ("data_dir", "data_files") if key in items[0]]
        where = f" ({excerpt(', '.join(said))})" if said else ""
        raise ValueError(f"subset {excerpt(name)} of its README.md has no .parquet file{where}")
    return found


def _matching(names: Sequence[str], item: Subset) -> Files:
    """Return the files of one subset: of its patterns, its folder, or all."""
    folder = PurePosixPath(str(given(item, "data_dir") or "."))
    inside = [name for name in names if PurePosixPath(name).is_relative_to(folder)]
    if (patterns := given(item, "data_files")) is None:
        return {TOLD: inside}
    found = dict[str, list[str]]()
    for split, several in _patterns(patterns):
        alike = {name for glob in several for name in globs.matching(names, str(folder / glob))}
        found.setdefault(split, []).extend(name for name in names if name in alike)
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


def is_default(name: str, items: Sequence[Subset]) -> bool:
    """Return whether a subset is marked as the one to take, or called so."""
    return name == DEFAULT or any(str(item.get("default")).lower() in TRUE for item in items)
