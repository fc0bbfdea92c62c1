"""Files with their labels: what folder, pairs and table find, and how it becomes a data set."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from stages.artifacts.raw import Image, Raw
from stages.errors import UserError
from stages.sources.store import Store

SPLITS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
}
ORDER = ("train", "val", "test")
SHOWN = 20  # lines of a report; what follows is like them


class Labelled(NamedTuple):
    """A file of the source, and what is known of it."""

    name: str
    label: str
    split: str = "train"


def assemble(store: Store, found: Iterable[Labelled], passed_over: Mapping[str, int]) -> Raw:
    """Return the data set: classes and images by name, each image read when it is asked for.

    Raises:
        UserError: classes differ in upper and lower case only.
    """
    splits = defaultdict[str, list[Labelled]](list)
    for file in sorted(found):
        splits[file.split].append(file)
    classes = tuple(sorted({file.label for files in splits.values() for file in files}))
    _distinct(store.place, classes)
    return Raw(
        classes,
        {split: _images(store, splits[split], classes) for split in ORDER if split in splits},
        Counter(store.passed_over) + Counter(passed_over),
    )


def complain(heading: str, problems: Sequence[str]) -> None:
    """Report all problems at once, one a line, if there are any.

    Raises:
        UserError: there are.
    """
    if problems:
        more = [f"... and {len(problems) - SHOWN:,} more"] if len(problems) > SHOWN else []
        raise UserError("\n".join([heading, *problems[:SHOWN], *more]))


def _images(store: Store, files: Sequence[Labelled], classes: Sequence[str]) -> Iterator[Image]:
    index = {label: number for number, label in enumerate(classes)}
    for file in files:
        yield Image(store.read(file.name), file.name, index[file.label])


def _distinct(place: str, classes: Iterable[str]) -> None:
    spellings = defaultdict[str, list[str]](list)
    for label in classes:
        spellings[label.casefold()].append(label)
    # Letters are labels of their own: A and a.
    same = [labels for key, labels in spellings.items() if len(labels) > 1 and len(key) > 1]
    complain(
        f"{place}: classes differ in upper and lower case only; spell each in one way:",
        [", ".join(labels) for labels in same],
    )
