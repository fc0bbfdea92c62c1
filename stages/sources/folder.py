"""Source `folder`: the class of an image is the name of the folder that it is in.

    [wrapper/ ...] [train/ | val/ | test/] <class>/ [any/ ...] <image>

The class is the first folder below the split or, where there is none, below the wrappers: single
folders that hold but folders. What lies deeper in a class folder belongs to that class. Every
file in it counts as an image: whether it is one, preprocess finds out.
"""

from collections import defaultdict
from pathlib import PurePosixPath
from typing import NamedTuple

from stages.artifacts.raw import Raw
from stages.errors import UserError
from stages.sources.labelled import SPLITS, Labelled, assemble, complain
from stages.sources.store import Store

Tree = dict[str, list[str]]  # the folders in each folder; "." is the outermost
OUTSIDE = "outside a class folder"
LAYOUT = "expected are <class>/<image>, or train/<class>/<image> with val/ and test/ beside train/"


class _Home(NamedTuple):
    """What a class folder says of the images in it."""

    split: str
    label: str


def load(store: Store) -> Raw:
    """Return the images, in the splits that the folders name.

    Raises:
        UserError: the layout is another one, is ambiguous, or a class folder holds no image.
    """
    homes = _homes(store)
    found, outside, empty = list[Labelled](), 0, set(homes)
    for name in store.names():
        above = [str(folder) for folder in PurePosixPath(name).parents]
        home = next((folder for folder in above if folder in homes), None)
        if home is None:
            outside += 1
        else:
            empty.discard(home)
            found.append(Labelled(name, homes[home].label, homes[home].split))
    if not found:
        raise UserError(
            f"{store.place}: holds no image in a class folder; {LAYOUT}. "
            "An archive is read where download.path in params.yaml names it"
        )
    complain(f"{store.place}: class folders without an image; fill or remove:", sorted(empty))
    return assemble(store, found, {OUTSIDE: outside})


def _homes(store: Store) -> dict[str, _Home]:
    """Find the class folders.

    Raises:
        UserError: what is a split and what is a class cannot be told.
    """
    tree = _tree(store)
    folders = tree[_top(tree)]
    splits = [folder for folder in folders if _split(folder)]
    # A class may be called test, but not all of them.
    if splits == folders or any(folder in tree for folder in splits):
        _unambiguous(store.place, folders)
        bare = [folder for folder in folders if folder not in tree]
        complain(f"{store.place}: split folders without class folders; {LAYOUT}:", bare)
        return {
            home: _Home(SPLITS[_split(split)], PurePosixPath(home).name)
            for split in splits
            for home in tree[split]
        }
    homes = {folder: _Home("train", PurePosixPath(folder).name) for folder in folders}
    below = [deeper for home in homes for deeper in tree.get(home, []) if _split(deeper)]
    complain(f"{store.place}: split folders in class folders; {LAYOUT}:", below)
    return homes


def _tree(store: Store) -> Tree:
    tree = defaultdict[str, list[str]](list, {".": []})
    for folder in sorted(store.folders):
        tree[str(PurePosixPath(folder).parent)].append(folder)
    return dict(tree)


def _top(tree: Tree) -> str:
    """Go into folders that stand alone, down to the splits or classes."""
    top = "."
    while len(tree[top]) == 1 and tree[top][0] in tree and not _split(tree[top][0]):
        top = tree[top][0]
    return top


def _split(folder: str) -> str:
    """Return the folder's name if a split has it, else nothing."""
    name = PurePosixPath(folder).name.lower()
    return name if name in SPLITS else ""


def _unambiguous(place: str, folders: list[str]) -> None:
    """Refuse what stands beside split folders, and two folders for one split."""
    others = [folder for folder in folders if not _split(folder)]
    complain(f"{place}: folders beside split folders; move them away:", others)
    by_split = defaultdict[str, list[str]](list)
    for folder in folders:
        by_split[SPLITS[_split(folder)]].append(folder)
    twice = [f"{split}: {', '.join(same)}" for split, same in by_split.items() if len(same) > 1]
    complain(f"{place}: two folders for one split; merge or rename them:", twice)
