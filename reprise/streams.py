"""Refuse pipes and devices where a file is expected; print on standard output, closed or full."""

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

OWN = ("/dev/std", "/dev/fd/", "/proc/")  # of this process, as a shell's `<(command)`
REASON = "is a pipe or a device, which may never end; name a file"


class PrintingError(Exception):
    """Standard output that cannot be written; the message is the reason."""


def is_foreign(path: Path) -> bool:
    """Return whether a path leads to a pipe, device or socket that is none of this process.

    Raises:
        OSError: it leads nowhere.
    """
    mode = path.stat().st_mode
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or str(path).startswith(OWN))


def require_stdout() -> None:
    """Check that there is a standard output; without, Python prints nothing and goes on.

    Raises:
        PrintingError: it is closed.
    """
    if sys.stdout is None:
        raise PrintingError("standard output: is closed, so that nothing can be printed")


def say(text: str) -> None:
    """Print a line on standard output, at once.

    Raises:
        PrintingError: it is closed, or has no space.
        BrokenPipeError: the reader has ended, as `head` does.
    """
    require_stdout()
    try:
        _print(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        discard()
        raise PrintingError(f"standard output: {error.strerror or error}") from error


def _print(text: str) -> None:
    try:
        print(text, flush=True)
    except UnicodeEncodeError:  # as in a locale of ASCII, or of bytes that are no UTF-8
        encoding = sys.stdout.encoding or "ascii"
        print(text.encode(encoding, "backslashreplace").decode(encoding), flush=True)


def tell(make: Callable[[], str], *errors: type[Exception]) -> int:
    """Print what a command returns, and return its exit code; `errors` become one message."""
    told: tuple[type[Exception], ...] = (PrintingError, *errors)
    try:
        say(make())
    except told as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130  # 128 + SIGINT, as a shell reports it
    return 0


def discard() -> None:
    """Keep Python from flushing what is left to a closed pipe or a full disk when it ends."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
