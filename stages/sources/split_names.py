"""Parse names of splits: `train`, `Training_Set`, `test2017`, `seg_train`, `cifar10-test`.

A name is cut into words at whatever is no letter, at capitals, and before set, data or images.
It NAMES a split if one word is a split's and all others go with one, as in `Train_Data`. It only
SPEAKS OF a split if other words stand beside: `seg_train`, but `test tube` and `bullet train` too.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath
from typing import NamedTuple

SPLITS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "eval": "val",
    "evaluation": "val",
    "test": "test",
    "testing": "test",
}
ACCEPTED = ", ".join(SPLITS)
# What goes with the word of a split and says nothing of a class.
BESIDE = {
    "set", "sets", "data", "dataset", "datasets", "split", "splits", "part", "parts", "partial",
    "folder", "dir", "image", "images", "img", "imgs", "picture", "pictures", "pic", "pics",
    "photo", "photos", "sample", "samples", "jpg", "jpeg", "png", "all", "full", "new", "final",
}  # fmt: skip
CAPITALS = re.compile(r"(?<=[a-z])(?=[A-Z])")
OTHER = re.compile(r"[\W\d_]+")
JOINED = re.compile(rf"({'|'.join(SPLITS)})({'|'.join(BESIDE)})")


class ParsedName(NamedTuple):
    """The words of a name that name splits, and the others."""

    said: frozenset[str]  # the words for splits, as dev
    other_words: tuple[str, ...]  # the words that neither name a split nor go with one

    @property
    def splits(self) -> frozenset[str]:
        """Return the splits whose words are in the name; of several none is meant."""
        return meant(self.said)

    @property
    def split(self) -> str:
        """Return the only split that is named, else an empty string."""
        return next(iter(self.splits)) if len(self.splits) == 1 else ""


def parse(name: str) -> ParsedName:
    """Parse the name of a folder, or of a file without its suffix."""
    words = [word for part in _words(name) for word in _separate(part.lower())]
    said = frozenset(word for word in words if word in SPLITS)
    return ParsedName(said, tuple(word for word in words if word not in {*SPLITS, *BESIDE}))


def meant(said: Iterable[str]) -> frozenset[str]:
    """Return the splits that words stand for: val for dev and eval alike."""
    return frozenset(SPLITS[word] for word in said)


def exact_split(name: str) -> str:
    """Return the split that a name names without other words, else an empty string."""
    found = parse(name)
    return "" if found.other_words else found.split


def merged(said: Collection[frozenset[str]]) -> list[str]:
    """Return the words of names that mean one split, if there is none that all have: val and dev.

    Such names are of two published splits, and nothing tells which is meant.
    """
    words = frozenset[str]().union(*said)
    return [] if not words or words.intersection(*said) else sorted(words)


def find_in_path(path: str) -> frozenset[str]:
    """Return the splits in the name of a file or, if there are none, of its nearest folder."""
    return meant(said_in_path(path))


def said_in_path(path: str) -> frozenset[str]:
    """Return the words for splits in the name of a file or, if none, of its nearest folder."""
    name = PurePosixPath(path)
    parts = (name.stem, *reversed(name.parts[:-1]))
    return next((found for part in parts if (found := parse(part).said)), frozenset())


def split_folders(names: Iterable[str]) -> dict[str, str]:
    """Return the split of those of the folders, which lie side by side, that are splits.

    Where other words stand beside, they must be the same ones for two splits: `seg_train` and
    `seg_test` are splits, `test tube` and `bullet train` are classes.
    """
    found = {name: parse(name) for name in names}
    by_rest = defaultdict[tuple[str, ...], set[str]](set)
    for words in found.values():
        by_rest[words.other_words].update({words.split} - {""})
    return {
        name: words.split
        for name, words in found.items()
        if words.split and (not words.other_words or len(by_rest[words.other_words]) > 1)
    }


def _words(name: str) -> list[str]:
    return [part for part in OTHER.split(CAPITALS.sub(" ", name)) if part]


def _separate(word: str) -> tuple[str, ...]:
    """Split `trainset` into `train` and `set`."""
    match = JOINED.fullmatch(word)
    return match.groups() if match else (word,)
