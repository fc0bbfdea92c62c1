"""Artifact `models/export`, the exported models, and `metrics/export.json`, how they compared."""

from pathlib import Path
from typing import NamedTuple

from stages import files

MODELS = Path("models/export")
COMPARISON = Path("metrics/export.json")


class Portable(NamedTuple):
    """Models for other runtimes."""

    models: dict[str, bytes]  # by file name
    comparison: dict[str, dict[str, float]]  # by format


def write(portable: Portable, root: Path = Path()) -> None:
    """Write every model, and the comparison with the classifier."""
    with files.replacing(root / MODELS) as folder:
        folder.mkdir()
        for name, content in portable.models.items():
            (folder / name).write_bytes(content)
    files.write_metrics(root / COMPARISON, {**portable.comparison})
