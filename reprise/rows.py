"""Predictions as text: for people a table, for programs JSON lines or CSV."""

import csv
import json
from collections.abc import Callable, Iterable
from functools import partial
from io import StringIO
from typing import Literal
from unicodedata import east_asian_width

from reprise.escaping import cell, printable
from reprise.ranking import Prediction

Format = Literal["table", "jsonl", "csv"]
HEADER = "path,rank,class,probability"  # of CSV
DIGITS = 6  # of a probability: float32 knows hardly more
WIDEST = 24  # columns that the name of a class takes at most in the table


def writer(form: Format, classes: Iterable[str]) -> Callable[[Prediction], str]:
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
