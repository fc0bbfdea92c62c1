"""Run a stage: check the versions before it, and record the machine after it."""

import os
import sys
from collections.abc import Callable
from functools import partial

from stages import environment, errors, processes, versions
from stages.errors import UserError


def run(main: Callable[[], None]) -> None:
    """Run a stage; an error that the user can mend becomes one message and exit code 1."""
    errors.run(partial(_run, main))


def _run(main: Callable[[], None]) -> None:
    """Refuse other versions than those in versions.yaml under DVC; by hand, only warn.

    DVC records versions.yaml in dvc.lock, and its run cache returns the result wherever the file is
    the same; a stage run by hand records nothing.

    Raises:
        UserError: the stage runs under DVC with other versions.
    """
    stage = os.environ.get("DVC_STAGE")
    if found := versions.mismatches():
        if stage:
            raise UserError("\n".join(found))
        print(*found, sep="\n", file=sys.stderr)
    with processes.reported():
        main()
    if stage and processes.is_first_here():
        environment.record(stage)
