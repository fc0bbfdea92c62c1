"""Artifact `metrics/evaluate/report.html`: one page for a person, that opens without a network."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from PIL.Image import Image

from stages import files
from stages.pictures import encode

PAGE = Path("metrics/evaluate/report.html")


def write_page(html: str, path: Path = PAGE) -> None:
    """Write the page."""
    with files.replacing(path) as partial:
        partial.write_text(html, encoding="utf-8")


SCORES = Path("metrics/evaluate.json")
PLOTS = Path("metrics/evaluate/plots")


class Cell(NamedTuple):
    """One field of the confusion table."""

    actual: str
    predicted: str
    images: int
    share: float | None  # of the images of the actual class; None where it has none


class ClassScores(NamedTuple):
    """How well one class is told from the others; None where nothing was divided by nothing."""

    name: str
    images: int  # of the class
    predicted: int  # images taken for it
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
    """Images about whose prediction the classifier is about equally confident."""

    low: float  # exclusive
    high: float  # inclusive
    images: int
    confidence: float  # mean probability of the predicted class
    accuracy: float


class Bar(NamedTuple):
    """One bar of the histogram of confidence: all are equally wide, and cover 0 to 1 in order."""

    confidence: float  # its middle
    right: int  # images
    wrong: int  # images


class Tables(NamedTuple):
    """What is behind the scores; each field becomes a file of its name."""

    confusion: Sequence[Cell]
    classes: Sequence[ClassScores]
    roc: Sequence[RocPoint]
    precision_recall: Sequence[RecallPoint]
    reliability: Sequence[Bin]
    confidence: Sequence[Bar]


class Report(NamedTuple):
    """How good the classifier is on one split."""

    scores: Mapping[str, float | None]  # None where a score is undefined
    tables: Tables
    pictures: Mapping[str, Image]  # by file name
    calibration: str = ""  # whether the temperature was fitted, or why not


HEADERS = {
    "confusion": Cell._fields,
    "classes": ClassScores._fields,
    "roc": RocPoint._fields,
    "precision_recall": RecallPoint._fields,
    "reliability": Bin._fields,
    "confidence": Bar._fields,
}


def write(report: Report, root: Path = Path()) -> None:
    """Write scores, tables and pictures."""
    with files.replacing(root / PLOTS) as folder:
        for name, header in HEADERS.items():
            files.write_csv(folder / f"{name}.csv", header, getattr(report.tables, name))
        for name, picture in report.pictures.items():
            (folder / name).write_bytes(encode(picture))
    told = {"calibration": report.calibration} if report.calibration else {}
    files.write_metrics(root / SCORES, {**report.scores, **told})
