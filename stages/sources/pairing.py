"""Which image and which label belong together, by what their names have in common."""

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import NamedTuple
from unicodedata import normalize

WORDS = re.compile(r"(?<![a-z])(image|img|picture|photo|label|annotation|txt|text)s?(?![a-z])")


class Key(NamedTuple):
    """What an image and its label have in common."""

    folders: tuple[str, ...]
    stem: str


def by_key(
    images: Iterable[str], labels: Iterable[str]
) -> tuple[dict[Key, list[str]], dict[Key, list[str]]]:
    """Return the images, and the labels, by what those that belong together share.

    What has no partner of the same spelling may have one of the same composed form (NFC).
    """
    ours, theirs = _gathered(images, {}), _gathered(labels, _partners(images, labels))
    alone = {*ours} ^ {*theirs}
    return _composed(ours, alone), _composed(theirs, alone)


def _partners(images: Iterable[str], labels: Iterable[str]) -> dict[str, str]:
    """Map a folder of labels to the one of images where they are the only two of their level."""
    levels = defaultdict[PurePosixPath, tuple[set[str], set[str]]](lambda: (set(), set()))
    for kind, names in enumerate((images, labels)):
        for folder in {PurePosixPath(name).parent for name in names}:
            levels[folder.parent][kind].add(str(folder))
    alone = (level for level in levels.values() if [len(kind) for kind in level] == [1, 1])
    return {theirs.copy().pop(): ours.copy().pop() for ours, theirs in alone}


def _gathered(names: Iterable[str], partners: dict[str, str]) -> dict[Key, list[str]]:
    """Gather the names by what they have in common with their partners."""
    gathered = defaultdict[Key, list[str]](list)
    for name in names:
        path = PurePosixPath(name)
        parts = PurePosixPath(partners.get(str(path.parent), path.parent)).parts
        cleaned = (WORDS.sub("", part.lower()).strip("_-. ") for part in parts)
        gathered[Key(tuple(part for part in cleaned if part), path.stem)].append(name)
    return gathered


def _composed(files: dict[Key, list[str]], alone: set[Key]) -> dict[Key, list[str]]:
    gathered = defaultdict[Key, list[str]](list)
    for key, names in files.items():
        gathered[_compose(key) if key in alone else key] += names
    return gathered


def _compose(key: Key) -> Key:
    return Key(tuple(normalize("NFC", part) for part in key.folders), normalize("NFC", key.stem))
