"""The data section of a model card."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from reprise.escaping import printable
from stages.artifacts.splits import Meta

FEW, NAMED = 30, 10  # images of a class that are few, and such classes that are named


class DataCounts(NamedTuple):
    """The facts on the data that are not in the splits."""

    dataset: str = ""  # name; empty: it has none
    counts: Mapping[str, Sequence[int]] = MappingProxyType({})  # images of each class, by split

    @property
    def baseline(self) -> float | None:
        """Share of test that is of the most frequent class of train; None: it is not known."""
        train, test = (self.counts.get(name, ()) for name in ("train", "test"))
        return test[train.index(max(train))] / sum(test) if train and sum(test) else None


def count(dataset: str, labels: Mapping[str, np.ndarray], classes: int) -> DataCounts:
    """Return what is known of the data; labels [N], by split, index the classes."""
    counts = {name: np.bincount(of, minlength=classes).tolist() for name, of in labels.items()}
    return DataCounts(dataset, counts)


def equal_pixels(meta: Meta) -> Iterator[str]:
    """Say how many images are in two splits; older splits do not tell."""
    for name in ("val", "test"):
        if count := meta.duplicates.get(f"train_and_{name}"):
            gone = (
                "and were dropped" if meta.duplicates.get("dropped") else "so its score is too good"
            )
            yield f"{count:,} images of train have the same pixels as images of {name}, {gone}."


def rare(classes: Sequence[str], counts: Sequence[int]) -> str:
    """Name the classes of fewer than FEW images of train, with these; some of many."""
    found = [(count, name) for name, count in zip(classes, counts, strict=False) if count < FEW]
    named = ", ".join(f"{printable(name)} ({count})" for count, name in sorted(found)[:NAMED])
    return named + (f" and {len(found) - NAMED:,} more" if len(found) > NAMED else "")


def files(count: int) -> str:
    """Count files in words."""
    return f"{count:,} file" if count == 1 else f"{count:,} files"
