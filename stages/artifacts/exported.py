"""Artifact `models/export`, the exported files, and `metrics/export.json`, how they compared."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

from stages import files

MODELS = Path("models/export")
COMPARISON = Path("metrics/export.json")

# Numbers; without a file, the reason: `unsupported` without numbers, `refused` for what they are.
Figures: TypeAlias = Mapping[str, int | float | str]


class Portable(NamedTuple):
    """Models for other runtimes."""

    files: dict[str, bytes]  # by name: models, and README.md about them
    comparison: dict[str, Figures]  # by format


def write(portable: Portable, root: Path = Path()) -> None:
    """Write every file, and the comparison with the classifier."""
    with files.replacing(root / MODELS) as folder:
        folder.mkdir()
        for name, content in portable.files.items():
            (folder / name).write_bytes(content)
    files.write_metrics(root / COMPARISON, {**portable.comparison})
