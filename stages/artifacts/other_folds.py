"""Out-of-fold predictions that `inspect.predictions` names: a file, or a folder that may have one.

The file is as artifact `predictions` writes it.
"""

from pathlib import Path

from stages.artifacts import predictions
from stages.artifacts.predictions import Predictions
from stages.errors import UserError

NAME = "predictions.parquet"  # in a folder


def find(place: str) -> Predictions | None:
    """Read the predictions that are there; None in a folder without.

    Raises:
        UserError: there is nothing, or no file of predictions.
    """
    path = Path(place)
    if path.is_dir():
        path /= NAME
        if not path.exists():
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
        raise UserError(f"inspect.predictions: {found}; run `make folds` again") from error
