"""Source `pairs`: beside every image a text file of the same stem, with the label's name in it.

    ants_image/0013035.jpg    ants_label/0013035.txt    "ants"

An image and its label belong together if their stems are equal, and their folders too but for
words such as image and label; or if they are the only two folders at their level. A folder that
is named train, val or test, anywhere above, makes a split.
"""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from stages.artifacts.raw import Raw
from stages.errors import UserError
from stages.sources import naming, pairing, spelling
from stages.sources.labelled import Labelled, assemble
from stages.sources.pairing import Key
from stages.sources.reports import complain
from stages.sources.store import Store

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
    by_key, texts = pairing.by_key(images, labels)
    splits = _splits(by_key)
    problems = [*_alone(by_key, texts, "label"), *_alone(texts, by_key, "image")]
    found = list[Labelled]()
    for key in by_key.keys() & texts.keys():
        try:
            label = _label(store, texts[key][0])
            found.append(Labelled(by_key[key][0], label, splits[key] or "train"))
        except ValueError as error:
            problems.append(f"{texts[key][0]}: {error}")
    complain(f"{store.place}: images and labels do not pair; mend them:", sorted(problems))
    _split_all(store.place, by_key, splits)
    return assemble(store, found, {"document": documents})


def _is_label(name: str) -> bool:
    return name.lower().endswith(".txt")


def _alone(names: dict[Key, list[str]], others: dict[Key, list[str]], other: str) -> list[str]:
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
    lines = [line.strip() for line in text.splitlines() if naming.normal(line)]
    if len(lines) != 1:
        raise ValueError(f"holds {len(lines)} lines of text, must hold one: the label")
    return lines[0]


def _splits(images: Iterable[Key]) -> dict[Key, str]:
    """Return the split that the folders above an image name, or nothing."""
    folders = {folder for key in images for folder in key.folders}
    known = spelling.recognized(folders)
    found = {key: {known[name] for name in key.folders if name in known} for key in images}
    return {key: " and ".join(sorted(splits)) for key, splits in found.items()}


def _split_all(place: str, images: dict[Key, list[str]], splits: dict[Key, str]) -> None:
    """Refuse images that are in two splits, or in none where others are in one."""
    two = [f"{name}: {splits[key]}" for key in images if " " in splits[key] for name in images[key]]
    complain(f"{place}: images in folders of two splits; rename the folders:", sorted(two))
    none = sorted(name for key, names in images.items() if not splits[key] for name in names)
    if any(splits.values()):
        complain(f"{place}: images in no split, beside others in splits; move them:", none)
