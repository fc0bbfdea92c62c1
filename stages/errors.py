"""Errors that the user can mend: one message, an exit code, and no traceback."""

import gc
import os
import select
import signal
import sys
from collections.abc import Callable
from io import TextIOWrapper

from reprise.escaping import first_line, printable
from reprise.shortage import Resource, lacking
from stages.address import redacted

REMEDIES: dict[Resource, str] = {
    "memory": "memory has run out ({}); end other programs, or take a smaller batch_size, "
    "a smaller preprocess.image_size, and for preprocess fewer workers",
    "threads": "the system starts no further thread or process ({}); end other programs, raise "
    "the limit (`ulimit -u`), or lower preprocess.workers and the section's threads",
    "files": "too many files are open ({}); raise the limit (`ulimit -n`), then run the stage "
    "again",
    "disk": "the disk is full ({}); free some space, then run the stage again",
}


class UserError(Exception):
    """An error whose message names the place, what was found, and the remedy."""


def run(main: Callable[[], None]) -> None:
    """Run a stage or a command; an error that the user can mend becomes a message and exit code 1.

    So does Ctrl-C, with exit code 130; a KeyboardInterrupt may have a message of its own.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # while modules were imported
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not gc.isenabled():  # as well
        gc.freeze()  # modules stay to the end: no later collection looks at them again
        gc.enable()
    if isinstance(sys.stdout, TextIOWrapper):  # a code page of Windows lacks most letters
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        _run_and_flush(main)
    except UserError as error:
        # What a message repeats of user input must not act on the terminal or hold a secret.
        sys.exit("\n".join(printable(redacted(line)) for line in str(error).split("\n")))
    except Exception as error:
        if (resource := lacking(error)) is None:
            raise
        sys.exit(REMEDIES[resource].format(first_line(error)))
    except KeyboardInterrupt as error:
        stopped = "stopped; nothing half-written is left, and `dvc repro` takes this stage up again"
        print(str(error) or stopped, file=sys.stderr)
        sys.exit(130)  # 128 + SIGINT, as a shell reports it


def _run_and_flush(main: Callable[[], None]) -> None:
    """Run a command; exit with code 141 if its standard output is a closed pipe."""
    try:
        main()
        if sys.stdout:  # closed by `>&-`, there is none
            sys.stdout.flush()
    except BrokenPipeError:
        if not _reader_ended():
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # else Python flushes what is left at the end
        sys.exit(141)  # 128 + SIGPIPE, as a shell reports it


def _reader_ended() -> bool:
    """Return whether standard output is a pipe whose reading end is closed."""
    if sys.platform == "win32":  # where there is no poll
        return True
    poll = select.poll()
    poll.register(1, 0)  # errors are told in any case
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


def exhausted(error: Exception) -> bool:
    """Return whether the error says that memory has run out."""
    return lacking(error) == "memory"
