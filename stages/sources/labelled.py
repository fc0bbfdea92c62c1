"""Files with their labels, as folder, pairs and table find them, and the data set they make."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from stages.artifacts.raw import Image, Raw
from stages.sources import class_names
from stages.sources.passed_over import count_passed_over
from stages.sources.store import Store

ORDER = ("train", "val", "test")


class LabelledFile(NamedTuple):
    """A file of the source with its label and split."""

    name: str
    label: str  # as the source spells it
    split: str = "train"
    group: str | None = None  # that of all images it belongs together with, if any have one


def build_raw(
    store: Store, found: Iterable[LabelledFile], passed_over: Mapping[str, Sequence[str]]
) -> Raw:
    """Return the data set, classes and images ordered by name; each image is read on demand.

    Raises:
        UserError: the name of a class is empty, or classes look alike.
    """
    splits = defaultdict[str, list[LabelledFile]](list)
    for file in sorted(found):
        splits[file.split].append(file)
    spellings = {file.label for files in splits.values() for file in files}
    names = class_names.merge_spellings(store.place, sorted(spellings))
    classes = tuple(sorted(set(names.values())))
    numbers = {name: number for number, name in enumerate(classes)}
    index = {spelling: numbers[name] for spelling, name in names.items()}
    images = {split: _images(store, splits[split], index) for split in ORDER if split in splits}
    entries = {split: _entries(splits[split], index) for split in images}
    return Raw(classes, images, *count_passed_over(store, passed_over), entries=entries)


def _entries(files: Sequence[LabelledFile], index: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    return ((file.name, index[file.label]) for file in files)


def _images(
    store: Store, files: Sequence[LabelledFile], index: Mapping[str, int]
) -> Iterator[Image]:
    for file in files:
        yield Image(store.read(file.name), file.name, index[file.label], file.group)
