"""How a stage ends when the user, not the programmer, has to act."""

import sys
from collections.abc import Callable


class UserError(Exception):
    """A mistake the user can mend: the message names the place, what was found, and the remedy."""


def run(main: Callable[[], None]) -> None:
    """Run a stage; a user's mistake becomes one message and exit code 1, without a traceback.

    So does Ctrl-C, with exit code 130; a KeyboardInterrupt may bring a message of its own.
    """
    try:
        main()
    except UserError as error:
        sys.exit(str(error))  # prints to stderr; the exit code is 1
    except KeyboardInterrupt as error:
        stopped = "stopped; nothing half-written is left, and `dvc repro` takes this stage up again"
        print(str(error) or stopped, file=sys.stderr)
        sys.exit(130)  # 128 + SIGINT, as a shell reports it
