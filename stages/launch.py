"""How a stage starts and ends: with the versions that are stated, and a record of the machine."""

import os
import sys
from collections.abc import Callable
from functools import partial

from stages import environment, errors, versions
from stages.errors import UserError


def run(main: Callable[[], None]) -> None:
    """Run a stage; a user's mistake becomes one message and exit code 1, without a traceback."""
    errors.run(partial(_run, main))


def _run(main: Callable[[], None]) -> None:
    """Refuse under DVC, and only warn by hand, where the versions are not those stated.

    DVC enters versions.yaml into dvc.lock as what made the result, and the run cache hands the
    result to whoever states the same; a stage run by hand tells nobody so.

    Raises:
        UserError: the stage runs under DVC in other versions.
    """
    stage = os.environ.get("DVC_STAGE")
    if found := versions.mismatches():
        if stage:
            raise UserError("\n".join(found))
        print(*found, sep="\n", file=sys.stderr)
    main()
    if stage:
        environment.record(stage)
