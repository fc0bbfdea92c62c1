"""The differences from dvc.lock in this folder, for tools that check and record."""

import sys
from pathlib import Path

from reprise import dvc_status
from reprise.dvc_status import StageStatus, StatusError
from stages.errors import UserError


def statuses(*stages: str) -> dict[str, StageStatus]:
    """Return what `dvc status` says, of the stages that it names; the others are as in dvc.lock.

    Raises:
        UserError: dvc fails.
    """
    try:
        return dvc_status.statuses(sys.executable, Path(), *stages)
    except StatusError as error:
        raise UserError(f"`dvc status` failed: {error}") from error
