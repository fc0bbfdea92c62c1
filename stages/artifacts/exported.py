"""Artifacts `models/export`, the exported models, and `metrics/export.json`, their comparison."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

from stages import files

MODELS = Path("models/export")
COMPARISON = Path("metrics/export.json")
CARD = "README.md"  # the model card, among the models

Files: TypeAlias = Mapping[str, bytes]  # by path within models/export: `a.onnx`, `b/c.xml`
# How a format compares with the classifier, in numbers. Where it has no files, the reason stands
# under `unsupported` (it could not be converted) or `refused` (its predictions differ).
Figures: TypeAlias = Mapping[str, int | float | str]


class Portable(NamedTuple):
    """Models for other runtimes."""

    files: Files  # the models, and the card about them
    comparison: dict[str, Figures]  # by format


def write(portable: Portable, root: Path = Path()) -> None:
    """Write every file, and the comparison with the classifier."""
    with files.replacing(root / MODELS) as folder:
        folder.mkdir()
        for path, content in portable.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
    rows = [{"format": name, **figures} for name, figures in portable.comparison.items()]
    files.write_metrics(root / COMPARISON, {"formats": rows})  # no list is a column of DVC's
