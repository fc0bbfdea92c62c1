"""Artifact `metrics/download.json`: images of each published split, and what became of others."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from stages import files
from stages.artifacts.raw import Raw

PATH = Path("metrics/download.json")


class LabelChange(NamedTuple):
    """Images of one label that were left out, or that got another label."""

    former: str
    now: str  # empty: they were left out
    images: int


def write(
    images: Mapping[str, int],
    published: Raw,
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
        "images": {**images},
        "excluded": sum(change.images for change in changes if not change.now),
        "relabelled": sum(change.images for change in changes if change.now),
        "passed_over": sum(published.passed_over.values()),
    }
    changed = [change._asdict() for change in changes]
    files.write_metrics(path, {"counts": [counts], "changes": changed, "kinds": kinds})
