"""Predictions of a classifier: printed, as HTML in a notebook, as dicts, JSON or DataFrame."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

from reprise import result_table
from reprise.directory import Failure
from reprise.output import record
from reprise.prediction import Prediction

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Classification:
    """The prediction for one picture, or the error that prevented it."""

    found: Prediction | Failure

    @property
    def path(self) -> str | None:
        """The path or address; None of bytes, arrays and the like."""
        return self.found.name or None

    @property
    def predictions(self) -> list[tuple[str, float]]:
        """The most probable classes with their probabilities, in descending order."""
        return self.found.ranked if isinstance(self.found, Prediction) else []

    @property
    def answer(self) -> str | None:
        """The class; None where the model does not know, or there is no picture."""
        unknown = isinstance(self.found, Failure) or self.found.unknown
        return None if unknown else self.predictions[0][0]

    @property
    def probability(self) -> float | None:
        """The probability of the most probable class, be it the answer or not."""
        return self.predictions[0][1] if self.predictions else None

    @property
    def error(self) -> str | None:
        """Why there is no prediction."""
        return self.found.reason if isinstance(self.found, Failure) else None

    def to_dict(self) -> dict[str, object]:
        """Return what a JSON line of `reprise predict` has: of an error, `path` and `error`."""
        return record(self.found)

    def to_json(self) -> str:
        """Return `to_dict` as JSON, in one line of ASCII."""
        return json.dumps(self.to_dict())

    def to_pandas(self) -> "pd.DataFrame":
        """Return a table of one row, as that of several.

        Raises:
            ModuleNotFoundError: pandas is not installed.
        """
        return Classifications([self.found]).to_pandas()

    def __repr__(self) -> str:
        return result_table.line(self.found)

    def _repr_html_(self) -> str:
        return result_table.html([self.found])


class Classifications(Sequence[Classification]):
    """The predictions for several pictures, in their order.

    A picture without an answer has a row with the error. `note` tells of files that a folder or an
    archive holds besides, and that were passed over.
    """

    def __init__(self, found: Sequence[Prediction | Failure], note: str = "") -> None:
        self._found, self.note = found, note

    def __len__(self) -> int:
        return len(self._found)

    @overload
    def __getitem__(self, place: int) -> Classification: ...
    @overload
    def __getitem__(self, place: slice) -> "Classifications": ...
    def __getitem__(self, place: int | slice) -> "Classification | Classifications":
        if isinstance(place, slice):
            return Classifications(self._found[place], self.note)
        return Classification(self._found[place])

    @property
    def errors(self) -> "Classifications":
        """Those that could not be predicted."""
        return Classifications([one for one in self._found if isinstance(one, Failure)])

    def to_dict(self) -> list[dict[str, object]]:
        """Return of each what a JSON line of `reprise predict` has: of an error, that one."""
        return [one.to_dict() for one in self]

    def to_json(self) -> str:
        """Return `to_dict` as JSON, in one line of ASCII."""
        return json.dumps(self.to_dict())

    def to_pandas(self) -> "pd.DataFrame":
        """Return a row for each: path, answer, error, and class and probability of every rank.

        Raises:
            ModuleNotFoundError: pandas is not installed.
        """
        try:
            import pandas as pd  # noqa: PLC0415 - the predictor does without
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError("to_pandas needs pandas: `pip install pandas`") from error
        names = ["path", "answer", "class", "probability", "error"]
        rows = [_flat(one) for one in self]
        more = {name: None for row in rows for name in row if name not in names}
        return pd.DataFrame(rows, columns=[*names, *more])

    def __repr__(self) -> str:
        return result_table.lines(self._found, self.note)

    def _repr_html_(self) -> str:
        return result_table.html(self._found, self.note)


def _flat(one: Classification) -> dict[str, object]:
    """Return a row of a table; the ranks from the second on have a number."""
    row = one.to_dict() | {"answer": one.answer, "error": one.error}
    row.pop("predictions", None)
    for rank, (name, share) in enumerate(one.predictions, start=1):
        end = f"_{rank}" if rank > 1 else ""
        row |= {f"class{end}": name, f"probability{end}": share}
    return row
