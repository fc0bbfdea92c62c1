"""Artifact `metrics/download.json`: what came in, and what was passed over."""

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
    """Write the images of each published split, and the files passed over, counted and named."""
    # DVC makes a column of every number, and of nothing inside a list.
    kinds = [
        {"kind": kind, "files": count, "names": [*examples.get(kind, ())]}
        for kind, count in sorted(passed_over.items())
    ]
    total = sum(passed_over.values())
    files.write_metrics(path, {"images": {**images}, "passed_over": total, "kinds": kinds})
