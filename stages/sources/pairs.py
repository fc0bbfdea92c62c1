"""Source `pairs`: an image and a text file with its label, paired by their names."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple
from unicodedata import normalize

from stages.artifacts.raw import Raw
from stages.errors import UserError
from stages.sources import class_names, split_names
from stages.sources.labelled import LabelledFile, build_raw
from stages.sources.reports import raise_problems
from stages.sources.store import Store

WORDS = re.compile(r"(?<![a-z])(image|img|picture|photo|label|annotation|txt|text)s?(?![a-z])")


class Key(NamedTuple):
    """Folders and stem, which an image and its label share."""

    folders: tuple[str, ...]
    stem: str


def group_by_key(
    images: Iterable[str], labels: Iterable[str]
) -> tuple[dict[Key, list[str]], dict[Key, list[str]]]:
    """Group the images, and the labels, by what those that belong together share.

    What has no partner of the same spelling may have one of the same composed form (NFC).
    """
    ours, theirs = _group(images, {}), _group(labels, _partners(images, labels))
    alone = {*ours} ^ {*theirs}
    return _merge_compositions(ours, alone), _merge_compositions(theirs, alone)


def _partners(images: Iterable[str], labels: Iterable[str]) -> dict[str, str]:
    """Map a folder of labels to that of images where each is the only one beside the other."""
    levels = defaultdict[PurePosixPath, tuple[set[str], set[str]]](lambda: (set(), set()))
    for kind, names in enumerate((images, labels)):
        for folder in {PurePosixPath(name).parent for name in names}:
            levels[folder.parent][kind].add(str(folder))
    alone = (level for level in levels.values() if [len(kind) for kind in level] == [1, 1])
    return {theirs.copy().pop(): ours.copy().pop() for ours, theirs in alone}


def _group(names: Iterable[str], partners: dict[str, str]) -> dict[Key, list[str]]:
    """Gather the names by what they have in common with their partners."""
    gathered = defaultdict[Key, list[str]](list)
    for name in names:
        path = PurePosixPath(name)
        parts = PurePosixPath(partners.get(str(path.parent), path.parent)).parts
        cleaned = (WORDS.sub("", part.lower()).strip("_-. ") for part in parts)
        gathered[Key(tuple(part for part in cleaned if part), path.stem)].append(name)
    return gathered


def _merge_compositions(files: dict[Key, list[str]], alone: set[Key]) -> dict[Key, list[str]]:
    gathered = defaultdict[Key, list[str]](list)
    for key, names in files.items():
        gathered[_composed(key) if key in alone else key] += names
    return gathered


def _composed(key: Key) -> Key:
    return Key(tuple(normalize("NFC", part) for part in key.folders), normalize("NFC", key.stem))


DOCUMENT = re.compile(
    r"(readme|licen[cs]e|notice|copying|citation)(\.(md|txt|rst))?", re.IGNORECASE
)
LABEL = 2**16  # bytes that the text file of a label may have


def load(store: Store) -> Raw:
    """Return the images with the labels that their text files hold.

    Raises:
        UserError: an image or a label stands alone or is not alone, or a label cannot be read.
    """
    documents = [name for name in store.names() if DOCUMENT.fullmatch(PurePosixPath(name).name)]
    names = sorted({*store.names()} - {*documents})
    images = [name for name in names if not _is_label(name)]
    labels = [name for name in names if _is_label(name)]
    if not images:
        raise UserError(f"{store.place}: holds no image; expected are pairs as a.jpg and a.txt")
    if not labels:
        raise UserError(
            f"{store.place}: none of its {len(images):,} files has a text file beside it, as a.jpg "
            "and a.txt; where the folders are the classes, set download.dataset to folder"
        )
    pictures, texts = group_by_key(images, labels)
    splits = _splits(pictures)
    found = _pair(store, pictures, texts, splits)
    _check_splits(store.place, pictures, splits)
    return build_raw(store, found, {"document": documents})


def _pair(
    store: Store,
    images: Mapping[Key, list[str]],
    texts: Mapping[Key, list[str]],
    splits: Mapping[Key, str],
) -> list[LabelledFile]:
    """Return every image with the label of its text file.

    Raises:
        UserError: an image or a text stands alone or is not alone, or a text cannot be read.
    """
    problems = [*_unpaired(images, texts, "label"), *_unpaired(texts, images, "image")]
    found = list[LabelledFile]()
    for key in images.keys() & texts.keys():
        try:
            label = _label(store, texts[key][0])
            found.append(LabelledFile(images[key][0], label, splits[key] or "train"))
        except ValueError as error:
            problems.append(f"{texts[key][0]}: {error}")
    raise_problems(f"{store.place}: images and labels do not pair; mend them:", sorted(problems))
    return found


def _is_label(name: str) -> bool:
    return name.lower().endswith(".txt")


def _unpaired(
    names: Mapping[Key, list[str]], others: Mapping[Key, list[str]], other: str
) -> list[str]:
    """Report every file without a partner, and those that would have the same one."""
    missing = [
        f"{name}: has no {other}" for key in names.keys() - others.keys() for name in names[key]
    ]
    return missing + [
        f"{', '.join(same)}: have one {other} between them"
        for same in names.values()
        if len(same) > 1
    ]


def _label(store: Store, name: str) -> str:
    """Read a label.

    Raises:
        ValueError: it is not one line of text.
    """
    try:
        text = store.read(name, LABEL).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("is not text in UTF-8") from error
    lines = [line.strip() for line in text.splitlines() if class_names.normalize_name(line)]
    if len(lines) != 1:
        raise ValueError(f"holds {len(lines)} lines of text, must hold one: the label")
    return lines[0]


def _splits(images: Iterable[Key]) -> dict[Key, str]:
    """Return the split that the folders above an image name, or nothing."""
    folders = {folder for key in images for folder in key.folders}
    known = split_names.split_folders(folders)
    found = {key: {known[name] for name in key.folders if name in known} for key in images}
    return {key: " and ".join(sorted(splits)) for key, splits in found.items()}


def _check_splits(place: str, images: dict[Key, list[str]], splits: dict[Key, str]) -> None:
    """Refuse images that are in two splits, or in none where others are in one."""
    two = [f"{name}: {splits[key]}" for key in images if " " in splits[key] for name in images[key]]
    raise_problems(f"{place}: images in folders of two splits; rename the folders:", sorted(two))
    twice = [*_merged({(key.folders, split) for key, split in splits.items()})]
    raise_problems(f"{place}: two folders for one split; merge or rename them:", twice)
    none = sorted(name for key, names in images.items() if not splits[key] for name in names)
    if any(splits.values()):
        raise_problems(f"{place}: images in no split, beside others in splits; move them:", none)


def _merged(images: Iterable[tuple[Iterable[str], str]]) -> Iterator[str]:
    """Say, from folders and their split, which splits two words name, as val and dev."""
    said = defaultdict[str, set[frozenset[str]]](set)
    for folders, split in images:
        words = {word for folder in folders for word in split_names.parse(folder).said}
        said[split].add(frozenset(word for word in words if split_names.SPLITS[word] == split))
    for split in sorted(said):
        if published := split_names.merged(said[split]):
            yield f"{split}: {', '.join(published)}"
