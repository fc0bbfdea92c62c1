"""Refuse layouts that only look like class folders: folds, variants of a set, masks, labels."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from stages.sources import class_names, split_names
from stages.sources.reports import excerpt, raise_problems
from stages.sources.store import Store
from stages.sources.table import KINDS

TEXTS = (".txt", ".csv", ".tsv", ".json", ".xml", ".md", ".html", ".yaml", ".yml", ".pdf", ".mat")
# Folders of these names, with a number or without, say what lies in them, and no class.
CONTENT = re.compile(
    r"(jpeg)?(image|img|picture|photo|mask|label|annotation|bbox|xml|json|txt|fold|part|"
    r"batch|chunk|subset|shard)(e?s)?|groundtruth|gt"
)
REMEDY = (
    "set download.dataset to pairs or table where labels are in files, or download.path to the "
    "folder that holds the class folders alone"
)


def refuse_other_layouts(
    store: Store, tree: Mapping[str, list[str]], homes: Mapping[str, str]
) -> None:
    """Refuse class folders that are none by their names or their content.

    Raises:
        UserError: all are called images, masks, fold1 ..., or hold no image themselves.
    """
    kinds = _named_after_content(homes)
    raise_problems(f"{store.place}: these folders are no classes by their names; {REMEDY}:", kinds)
    direct = _count_images(store)
    nested = {
        home: [PurePosixPath(folder).name for folder in tree[home]]
        for home in homes
        if home in tree and not direct[home] and not _wraps(home, tree[home], direct)
    }
    again = _repeated_names(nested, homes) if nested else []
    if len(nested) == len(homes) or again:
        seen = f", and {', '.join(map(excerpt, again[:5]))} come again" if again else ""
        raise_problems(
            f"{store.place}: class folders hold no images themselves, but folders{seen}; if these "
            "are the classes, set download.path to one outer folder, or list the images in a "
            "table (download.dataset: table); if the outer ones are, move the images up into them:",
            [f"{home}: {', '.join(names)}" for home, names in nested.items()],
        )


def by_table(store: Store) -> str:
    """Say what helps where a table may list the images of a split."""
    table = next((name for name in store.names() if name.lower().endswith(KINDS)), None)
    return f"; or set download.table: {excerpt(table)}, if it has their labels" if table else ""


def _named_after_content(homes: Mapping[str, str]) -> list[str]:
    """Return the folders of splits in which every folder is named after its content."""
    by_split = defaultdict[str, list[str]](list)
    for home, split in homes.items():
        by_split[split].append(home)
    return [
        home
        for same in by_split.values()
        if all(map(_is_named_after_content, same))
        for home in same
    ]


def _is_named_after_content(home: str) -> bool:
    words = re.split(r"[\W\d_]+", PurePosixPath(home).name.lower())
    return any(words) and all(CONTENT.fullmatch(word) for word in words if word)


def _count_images(store: Store) -> Counter[str]:
    """Count the files directly in every folder that may be images."""
    images = (name for name in store.names() if not name.lower().endswith(TEXTS))
    return Counter(str(PurePosixPath(name).parent) for name in images)


def _wraps(home: str, below: list[str], direct: Counter[str]) -> bool:
    """Return whether the only folder of a class holds its images: `ants/ants/`, `ants/images/`."""
    name = PurePosixPath(below[0]).name
    parsed = split_names.parse(name)
    own = name.casefold() == PurePosixPath(home).name.casefold()
    wraps = own or not (parsed.other_words or parsed.splits)
    return len(below) == 1 and direct[below[0]] > 0 and wraps


def _repeated_names(nested: Mapping[str, Iterable[str]], homes: Iterable[str]) -> list[str]:
    """Return the names of folders that come below several of the classes, or are classes too."""
    classes = defaultdict[str, set[str]](set)
    for home in homes:
        classes[_comparison_key(home)].add("")
    for home, names in nested.items():
        for name in {*names} - {PurePosixPath(home).name}:
            classes[_comparison_key(name)].add(_comparison_key(home))
    every = {name for names in nested.values() for name in names}
    return sorted(name for name in every if len(classes[_comparison_key(name)]) > 1)


def _comparison_key(folder: str) -> str:
    return class_names.normalize_name(PurePosixPath(folder).name).casefold()
