"""Out-of-fold predictions that `inspect.predictions` names: a file, or a folder that may have one.

The file is as artifact `predictions` writes it.
"""

from collections.abc import Sequence
from pathlib import Path

from reprise.escaping import printable
from stages.artifacts import predictions
from stages.artifacts.predictions import Predictions
from stages.errors import UserError

NAME = "predictions.parquet"  # in a folder
NO_DATA = ("README.md", ".gitignore", ".gitkeep")
SHOWN = 5  # names in a message


def find(place: str) -> Predictions | None:
    """Read the predictions that are there; None in a folder that is empty but for a README.

    Raises:
        UserError: there is nothing, or no file of predictions, or one of another name.
    """
    path = Path(place)
    if path.is_dir():
        others = [one.name for one in path.iterdir() if one.name not in {NAME, *NO_DATA}]
        path /= NAME
        if not path.exists():
            _require_empty(place, sorted(others))
            return None
    if not path.exists():
        raise UserError(
            f"inspect.predictions: there is nothing at {place}; name a file of predictions, or "
            "data/predictions, which may hold none"
        )
    try:
        return predictions.read(path)
    except UserError as error:
        found = str(error).rpartition(";")[0]
        raise UserError(f"inspect.predictions: {found}; run `reprise folds` again") from error


def _require_empty(place: str, others: Sequence[str]) -> None:
    """Refuse a folder whose files would be passed over."""
    if others:
        told = ", ".join(map(printable, others[:SHOWN])) + ", ..." * (len(others) > SHOWN)
        raise UserError(
            f"inspect.predictions: {place} holds {told}, and no {NAME}; name the file itself, or "
            f"call it that (`dvc checkout` brings it where {NAME}.dvc is there)"
        )
