"""Artifacts `metrics/evaluate.json`, `metrics/evaluate/plots` and `metrics/evaluate/report.html`.

The scores as JSON; tables as CSV and pictures as SVG, for `dvc plots`; and all of it on one page.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from stages import files

SCORES = Path("metrics/evaluate.json")
PLOTS = Path("metrics/evaluate/plots")
PAGE = Path("metrics/evaluate/report.html")
# What `dvc metrics show` fits into 80 columns; the others are under MORE, a list of one row, as
# DVC makes a column of every number that is not in a list.
HEADLINE = ("accuracy", "macro_f1", "loss", "ece")
MORE = "more"


class Cell(NamedTuple):
    """One cell of the confusion table."""

    actual: str
    predicted: str
    images: int
    share: float | None  # of the images of the actual class; None where it has none


class ClassScores(NamedTuple):
    """Scores of one class against the others; None where undefined (0 / 0)."""

    name: str
    images: int  # of the class
    predicted: int  # images predicted as the class
    precision: float | None
    recall: float | None
    f1: float | None


class RocPoint(NamedTuple):
    """One point of a receiver operating characteristic."""

    curve: str  # class against the others, or the average
    false_positive_rate: float
    true_positive_rate: float


class RecallPoint(NamedTuple):
    """One point of a precision-recall curve."""

    curve: str  # class against the others, or the average
    recall: float
    precision: float


class Bin(NamedTuple):
    """The images of similar confidence."""

    low: float  # exclusive
    high: float  # inclusive
    images: int
    confidence: float  # mean probability of the predicted class
    accuracy: float  # share of right predictions, in [0, 1]


class Bar(NamedTuple):
    """One bar of the histogram of confidence: all are equally wide, and cover 0 to 1 in order."""

    confidence: float  # its middle
    right: int  # images
    wrong: int  # images


class RiskPoint(NamedTuple):
    """The risk of answering the surest images alone."""

    coverage: float  # share of the images that are answered
    risk: float  # share of the answers that is wrong
    confidence: float  # least probability among them


class Tables(NamedTuple):
    """The tables behind the scores; each field becomes a CSV file of its name."""

    confusion: Sequence[Cell]
    classes: Sequence[ClassScores]
    roc: Sequence[RocPoint]
    precision_recall: Sequence[RecallPoint]
    reliability: Sequence[Bin]
    confidence: Sequence[Bar]
    risk_coverage: Sequence[RiskPoint]


class Report(NamedTuple):
    """Scores, tables and pictures of one split."""

    scores: Mapping[str, float | None]  # None where a score is undefined
    tables: Tables
    pictures: Mapping[str, str]  # SVG, by file name
    calibration: str = ""  # whether the temperature was fitted, or why not


HEADERS = {
    "confusion": Cell._fields,
    "classes": ClassScores._fields,
    "roc": RocPoint._fields,
    "precision_recall": RecallPoint._fields,
    "reliability": Bin._fields,
    "confidence": Bar._fields,
    "risk_coverage": RiskPoint._fields,
}


def write(report: Report, root: Path = Path()) -> None:
    """Write scores, tables and pictures."""
    with files.replacing(root / PLOTS) as folder:
        for name, header in HEADERS.items():
            files.write_csv(folder / f"{name}.csv", header, getattr(report.tables, name))
        for name, picture in report.pictures.items():
            (folder / name).write_text(picture, encoding="utf-8", newline="\n")
    calibration = {"calibration": report.calibration} if report.calibration else {}
    files.write_metrics(root / SCORES, _sorted_out({**report.scores, **calibration}))


def _sorted_out(values: Mapping[str, object]) -> dict[str, object]:
    """Put all but the headline into a row."""
    top = {name: values[name] for name in HEADLINE if name in values}
    rest = {name: value for name, value in values.items() if name not in top}
    return top | ({MORE: [rest]} if rest else {})


def read_scores(root: Path = Path()) -> dict[str, Any]:
    """Return all scores by name, and what was done for calibration.

    Raises:
        UserError: the file is missing or damaged.
    """
    path = root / SCORES
    with files.reading(path, "evaluate"):
        values = json.loads(path.read_text(encoding="utf-8"))
        more: list[dict[str, Any]] = values.pop(MORE, [])
        return {**values, **{name: value for row in more for name, value in row.items()}}


def write_page(html: str, path: Path = PAGE) -> None:
    """Write the page, as HTML."""
    with files.replacing(path) as partial:
        partial.write_text(html, encoding="utf-8", newline="\n")
