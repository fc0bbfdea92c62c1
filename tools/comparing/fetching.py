"""Fetch the predictions of a revision, an experiment or the workspace, as answers to compare."""

from collections.abc import Iterator

from reprise.shortage import lacking
from stages.artifacts import predictions
from stages.artifacts.numbering import numbered
from stages.artifacts.predictions import Predictions
from stages.errors import UserError
from tools.comparing.paired_test import Answer

WORKSPACE = "workspace"


def fetch(revision: str) -> Predictions:
    """Read the predictions of a revision, an experiment or the workspace.

    Raises:
        UserError: there is no such revision, or its predictions are missing or damaged.
    """
    if revision == WORKSPACE:
        return predictions.read()
    if not revision:
        raise UserError("a revision is missing; give two, as in `reprise compare main workspace`")
    content = _content(revision)
    try:
        return predictions.read(content)
    except UserError as error:
        raise UserError(f"{revision}: {error}") from error


def _content(revision: str) -> bytes:
    import dvc.api  # noqa: PLC0415
    from dvc.exceptions import DvcException  # noqa: PLC0415
    from dvc.scm import RevError  # noqa: PLC0415

    try:
        with dvc.api.open(str(predictions.PATH), rev=revision, mode="rb") as file:
            return bytes(file.read())
    except RevError as error:
        raise UserError(
            f"{revision}: is neither a Git revision nor an experiment; `git log` and "
            f"`dvc exp show` list them, and `{WORKSPACE}` is the folder here"
        ) from error
    except (DvcException, OSError) as error:
        if lacking(error):
            raise
        raise UserError(
            f"{revision}: its {predictions.PATH} is neither here nor at a remote; where it was "
            "made `dvc push` it, or check it out, run `dvc repro evaluate` and commit dvc.lock"
        ) from error


def answers(run: Predictions) -> Iterator[Answer]:
    """Yield the prediction for each image; classes of one name are numbered."""
    # By name: in a run whose classes have another order, an index means another class.
    names, sure = numbered(run.classes), run.probabilities.max(1).tolist()
    rows = zip(run.paths, run.labels.tolist(), run.predicted.tolist(), sure, strict=True)
    return (Answer(path, names[label], names[said], p) for path, label, said, p in rows)
