"""Errors of a database: which are retried until it answers, and messages for the others."""

import sqlite3
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import DBAPIError

from reprise.escaping import first_line
from stages.address import redacted
from stages.errors import UserError

PAUSE = 1.0  # seconds between two attempts
LONGEST = 3600.0  # seconds that a database may be away
# Classes of SQLSTATE that no waiting mends: invalid authorization, no such database, no such table
# or no right to it.
REFUSED = ("28", "3D", "42")
READ_ONLY = "25006"
FAILURES = (StorageInternalError, DBAPIError)
Result = TypeVar("Result")


class Patience:
    """Calls what uses a database, again and again while that does not answer."""

    def __init__(self, place: str) -> None:
        """Take the address of the database."""
        self._place, self._ending = place, threading.Event()

    def end(self) -> None:
        """Wait no longer: what does not answer now is given up."""
        self._ending.set()

    def __call__(self, do: Callable[[], Result], after: Callable[[], None] | None = None) -> Result:
        """Call a function; once an outage is over, call `after`, too.

        Raises:
            UserError: nothing is to be waited for, or it was, for an hour.
        """
        until, told = time.monotonic() + LONGEST, False
        while True:
            try:
                done = do()
            except FAILURES as error:
                self._require_hope(error, until)
                if not told:
                    why = reason(error)
                    print(f"the database does not answer ({why}); waiting for it", flush=True)
                told = True
                self._ending.wait(PAUSE)
            else:
                if told and after:
                    after()
                if told:
                    print("the database answers again", flush=True)
                return done

    def _require_hope(self, error: Exception, until: float) -> None:
        """Raise a UserError unless the database may answer before the end."""
        if not is_away(error):
            raise UserError(explained(error, self._place)) from error
        if self._ending.is_set() or time.monotonic() > until:
            raise UserError(
                f"--storage {redacted(self._place)}: does not answer ({reason(error)}); when it "
                "does, the same command goes on"
            ) from error


def is_away(error: Exception) -> bool:
    """Tell whether to wait: a server comes back; who refuses, or a damaged file, does not."""
    own = _own(error)
    if isinstance(own, sqlite3.Error):
        return "locked" in str(own)
    return not (getattr(own, "sqlstate", None) or "").startswith(REFUSED)


def explained(error: Exception, place: str) -> str:
    """Return a message about a database that could not be used, with the remedy."""
    if place.startswith("sqlite:"):
        file = place.removeprefix("sqlite:///")
        return (
            f"{file}: cannot be read or written ({reason(error)}); free some space or mend the "
            "permissions, or move it away: a new study takes what was trained from the cache"
        )
    shown, state = redacted(place), getattr(_own(error), "sqlstate", None) or ""
    if state.startswith((*REFUSED, READ_ONLY)):
        return f"--storage {shown}: refuses ({reason(error)}); give its user the right to write"
    return f"--storage {shown}: does not answer ({reason(error)}); start it, or mend the address"


def reason(error: Exception) -> str:
    """Return the first line of what the database itself says."""
    cause = error.__cause__ if isinstance(error, StorageInternalError) else error
    return first_line(getattr(cause, "orig", None) or cause or error)


def _own(error: Exception) -> object:
    """Return the error of the database's driver."""
    cause = error.__cause__ if isinstance(error, StorageInternalError) else error
    return getattr(cause, "orig", None)
