"""Artifact `metrics/download.json`: images of each published split, and files passed over."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from stages import files

PATH = Path("metrics/download.json")


def write(
    images: Mapping[str, int],
    passed_over: Mapping[str, int],
    examples: Mapping[str, Sequence[str]],
    path: Path = PATH,
) -> None:
    """Write the number of images by split, and of files passed over by kind, some of them named."""
    # DVC makes a column of every number, but not of those in lists.
    kinds = [
        {"kind": kind, "files": count, "names": [*examples.get(kind, ())]}
        for kind, count in sorted(passed_over.items())
    ]
    total = sum(passed_over.values())
    files.write_metrics(path, {"images": {**images}, "passed_over": total, "kinds": kinds})
