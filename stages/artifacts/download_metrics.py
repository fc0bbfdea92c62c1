"""Artifact `metrics/download.json`: images of each published split, and what became of others."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from stages import files

PATH = Path("metrics/download.json")


class LabelChange(NamedTuple):
    """Images of one label that were left out, or that got another label."""

    former: str
    now: str  # empty: they were left out
    images: int


class Arrived(NamedTuple):
    """A data set, and what was no image in its place."""

    title: str  # its name, for people; empty: it has none
    passed_over: Mapping[str, int]  # files that are no images, by what they are
    examples: Mapping[str, Sequence[str]] = MappingProxyType({})  # names of some of them


class Received(NamedTuple):
    """The counts of a download."""

    dataset: str  # its name, for a title; empty: it has none
    images: Mapping[str, int]  # by published split
    excluded: int  # images that tables left out
    relabelled: int  # images that tables gave another label
    passed_over: Mapping[str, int]  # files that are no images, by what they are


def write(
    images: Mapping[str, int],
    published: Arrived,
    changes: Sequence[LabelChange] = (),
    path: Path = PATH,
) -> None:
    """Write the number of images by split, what a cleaning changed, and files passed over by kind.

    Some of the files are named.
    """
    # DVC makes a column of every number, but not of those in lists.
    kinds = [
        {"kind": kind, "files": count, "names": [*published.examples.get(kind, ())]}
        for kind, count in sorted(published.passed_over.items())
    ]
    counts = {
        "dataset": published.title,
        "images": {**images},
        "excluded": sum(change.images for change in changes if not change.now),
        "relabelled": sum(change.images for change in changes if change.now),
        "passed_over": sum(published.passed_over.values()),
    }
    changed = [change._asdict() for change in changes]
    files.write_metrics(path, {"counts": [counts], "changes": changed, "kinds": kinds})


def read(path: Path = PATH) -> Received:
    """Read what came in; files of earlier versions lack the name.

    Raises:
        UserError: the file is missing or damaged.
    """
    with files.reading(path, "download"):
        told = json.loads(path.read_text(encoding="utf-8"))
        (counts,) = told["counts"]
        return Received(
            str(counts.get("dataset", "")),
            {str(split): int(images) for split, images in counts["images"].items()},
            int(counts["excluded"]),
            int(counts["relabelled"]),
            {str(kind["kind"]): int(kind["files"]) for kind in told["kinds"]},
        )
