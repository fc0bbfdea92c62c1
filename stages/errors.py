"""How a stage ends when the user, not the programmer, has to act."""

import signal
import sys
from collections.abc import Callable

# Of an error that says that memory has run out; torch has no type for the CPU's.
SIGNS = ("out of memory", "can't allocate memory", "not enough memory", "ALLOC_FAILED")


class UserError(Exception):
    """A mistake the user can mend: the message names the place, what was found, and the remedy."""


def run(main: Callable[[], None]) -> None:
    """Run a stage; a user's mistake becomes one message and exit code 1, without a traceback.

    So does Ctrl-C, with exit code 130; a KeyboardInterrupt may bring a message of its own.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # while modules were imported
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        main()
    except UserError as error:
        sys.exit(str(error))  # prints to stderr; the exit code is 1
    except (RuntimeError, MemoryError) as error:
        if not exhausted(error):
            raise
        told = next(iter(str(error).splitlines()), type(error).__name__)
        sys.exit(
            f"memory has run out ({told}); less of it takes a smaller batch_size of this section, "
            "a smaller preprocess.image_size, and for preprocess fewer workers"
        )
    except KeyboardInterrupt as error:
        stopped = "stopped; nothing half-written is left, and `dvc repro` takes this stage up again"
        print(str(error) or stopped, file=sys.stderr)
        sys.exit(130)  # 128 + SIGINT, as a shell reports it


def exhausted(error: Exception) -> bool:
    """Return whether the error says that memory has run out."""
    return isinstance(error, MemoryError) or any(sign in str(error) for sign in SIGNS)
