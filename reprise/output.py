"""Print predictions as a table, JSON lines or CSV."""

import csv
import json
from collections.abc import Callable, Iterable
from functools import partial
from io import StringIO
from typing import Literal, NamedTuple
from unicodedata import east_asian_width

from reprise.directory import Failure
from reprise.escaping import BYTES, FORMULA, NUMBER, printable
from reprise.prediction import Decision, Prediction

OutputFormat = Literal["table", "jsonl", "csv"]
HEADER = "path,rank,class,probability"  # of CSV
DECIDED = ",answered,in_set"  # and of that of a model with a rule
UNKNOWN = "unknown"
DIGITS = 6  # decimals of a probability: float32 has hardly more
WIDEST = 24  # terminal columns of a class name in the table, at most


class TableColumns(NamedTuple):
    """Columns of the table beside classes and probabilities."""

    unknown: bool = False  # a column that says of which pictures the class is unknown
    sets: bool = False  # the conformal set


PLAIN = TableColumns()


def header(*, decided: bool) -> str:
    """Return the first line of CSV, where predictions have decisions or not."""
    return HEADER + (DECIDED if decided else "")


def writer(
    form: OutputFormat, classes: Iterable[str], layout: TableColumns = PLAIN
) -> Callable[[Prediction], str]:
    """Return a function that formats a prediction, without a line end after it."""
    if form == "jsonl":
        return json_line
    if form == "csv":
        return _csv
    width = min(WIDEST, max(_width(printable(name)) for name in classes))
    return partial(_table, width=width, layout=layout)


def _table(prediction: Prediction, width: int, layout: TableColumns) -> str:
    """Return one line, with the path at the end, as its width is not known in advance."""
    known = [f"{UNKNOWN if prediction.unknown else '':{len(UNKNOWN)}}"] if layout.unknown else []
    cells = [f"{_column(name, width)} {share:8.2%}" for name, share in prediction.ranked]
    names = (prediction.decision.classes if prediction.decision else None) or []
    chosen = [f"{{{', '.join(map(printable, names))}}}"] if layout.sets else []
    return "  ".join([*known, *cells, *chosen, printable(_decoded(prediction.name))])


def _decoded(name: str) -> str:
    """Decode the bytes of a name that are UTF-8, where the locale has another coding."""
    try:
        return name.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a surrogate that stands for no byte
        return name


def _column(name: str, width: int) -> str:
    """Cut or pad a name to a width in terminal columns."""
    name = printable(name)
    if _width(name) > width:
        while _width(name) > width - 1:
            name = name[:-1]
        name += "…"
    return name + " " * (width - _width(name))


def _width(text: str) -> int:
    """Count terminal columns: Chinese, Japanese and Korean letters take two."""
    return sum(2 if east_asian_width(letter) in {"F", "W"} else 1 for letter in text)


def json_line(found: Prediction | Failure) -> str:
    """Return one line of ASCII, so that no encoding of a pipe can damage it."""
    return json.dumps(record(found))


def record(prediction: Prediction | Failure) -> dict[str, object]:
    """Return what JSON has of a prediction; the path of a picture without a name is null."""
    if isinstance(prediction, Failure):
        return {"path": prediction.name or None, "error": prediction.reason}
    ranked = [
        {"class": name, "probability": round(share, DIGITS)} for name, share in prediction.ranked
    ]
    found: dict[str, object] = {"path": prediction.name or None, "predictions": ranked}
    if decision := prediction.decision:
        answer = None if prediction.unknown else prediction.ranked[0][0]
        found |= {"answer": answer, "out_of_distribution": decision.ood, "set": decision.classes}
    return found if prediction.label is None else found | {"label": prediction.label}


def _csv(prediction: Prediction) -> str:
    """Return one line for each class, with text made safe for spreadsheets."""
    text = StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for rank, (name, share) in enumerate(prediction.ranked, start=1):
        decided = _decided(prediction.decision, rank) if prediction.decision else []
        named = _cell(prediction.name), rank, _cell(name)
        rows.writerow([*named, f"{share:.{DIGITS}f}", *decided])
    return text.getvalue().removesuffix("\n")


def _cell(text: str) -> str:
    """Put an apostrophe before a formula; tags stay, as no page of DVC shows these rows."""
    # Bytes that are no UTF-8 stay as they are.
    parts = BYTES.split(text)
    shown = "".join(part if BYTES.fullmatch(part) else printable(part) for part in parts)
    return shown if NUMBER.fullmatch(shown) else FORMULA.sub(r"\1'", shown)


def _decided(decision: Decision, rank: int) -> list[str]:
    """Return whether the picture is answered, and the class of a rank in the set; empty: no sets.

    The set has all classes from a probability on, so that it is the first of the ranks.
    """
    within = "" if decision.classes is None else str(rank <= len(decision.classes)).lower()
    return [str(decision.answered).lower(), within]
