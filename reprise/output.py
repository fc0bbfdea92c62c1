"""Predictions as text (a table, JSON lines or CSV), and the progress line of a long run."""

import csv
import json
import sys
from collections.abc import Callable, Iterable
from functools import partial
from io import StringIO
from time import monotonic
from typing import Literal
from unicodedata import east_asian_width

from reprise.escaping import cell, printable
from reprise.prediction import Prediction

INTERVAL = 0.2  # seconds between two redraws
ERASE = "\r\x1b[K"


class ProgressLine:
    """Counts pictures on stderr, unless their rows run over the same terminal."""

    def __init__(self) -> None:
        err, out = sys.stderr, sys.stdout  # None where closed
        self._shows = bool(err and err.isatty() and not (out and out.isatty()))
        self._began = self._drawn = monotonic()
        self._count, self._visible = 0, False

    def advance(self) -> None:
        """Count one more picture."""
        self._count += 1
        now = monotonic()
        if self._shows and now - self._drawn > INTERVAL:
            rate = self._count / (now - self._began)
            line = f"{ERASE}{self._count:,} images, {rate:,.0f} a second"
            print(line, end="", file=sys.stderr, flush=True)
            self._drawn, self._visible = now, True

    def clear(self) -> None:
        """Make room for a line of something else."""
        if self._visible:
            print(ERASE, end="", file=sys.stderr, flush=True)
            self._visible = False


OutputFormat = Literal["table", "jsonl", "csv"]
HEADER = "path,rank,class,probability"  # of CSV
DIGITS = 6  # of a probability: float32 knows hardly more
WIDEST = 24  # columns that the name of a class takes at most in the table


def writer(form: OutputFormat, classes: Iterable[str]) -> Callable[[Prediction], str]:
    """Return what brings a prediction to text, without the last line's end."""
    if form == "jsonl":
        return _json
    if form == "csv":
        return _csv
    return partial(_table, width=min(WIDEST, max(_width(printable(name)) for name in classes)))


def _table(prediction: Prediction, width: int) -> str:
    """Return one line; the path is last, for nobody knows how long it will be."""
    cells = [f"{_column(name, width)} {share:8.2%}" for name, share in prediction.ranked]
    return "  ".join([*cells, printable(prediction.name)])


def _column(name: str, width: int) -> str:
    """Bring a name to a width, in columns of a terminal."""
    name = printable(name)
    if _width(name) > width:
        while _width(name) > width - 1:
            name = name[:-1]
        name += "…"
    return name + " " * (width - _width(name))


def _width(text: str) -> int:
    """Count columns: Chinese, Japanese and Korean letters take two."""
    return sum(2 if east_asian_width(letter) in {"F", "W"} else 1 for letter in text)


def _json(prediction: Prediction) -> str:
    """Return ASCII, which comes through every pipe."""
    ranked = [
        {"class": name, "probability": round(share, DIGITS)} for name, share in prediction.ranked
    ]
    return json.dumps({"path": prediction.name, "predictions": ranked})


def _csv(prediction: Prediction) -> str:
    """Return a line for every class; text is as a spreadsheet may have it."""
    text = StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for rank, (name, share) in enumerate(prediction.ranked, start=1):
        rows.writerow([cell(prediction.name), rank, cell(name), f"{share:.{DIGITS}f}"])
    return text.getvalue().removesuffix("\n")
