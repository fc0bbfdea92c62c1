"""Artifact `metrics/evaluate.json`, the scores, and `metrics/evaluate`, the tables behind them."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from stages import files

SCORES = Path("metrics/evaluate.json")
TABLES = Path("metrics/evaluate")


class Cell(NamedTuple):
    """One field of the confusion table."""

    actual: str
    predicted: str
    images: int


class Report(NamedTuple):
    """How good the classifier is on one split."""

    scores: dict[str, float]
    confusion: Sequence[Cell]


def write(report: Report, root: Path = Path()) -> None:
    """Write scores and tables."""
    with files.replacing(root / TABLES) as folder:
        files.write_csv(folder / "confusion.csv", Cell._fields, report.confusion)
    files.write_metrics(root / SCORES, {**report.scores})
