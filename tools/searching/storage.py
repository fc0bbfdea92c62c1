"""Where a study is kept: a file, or a database that several machines share."""

import os
import random
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    ProgrammingError,
)

from reprise.escaping import first_line
from stages.address import redacted
from stages.errors import UserError

FOLDER = Path(".dvc/tmp/searching")
FILE = FOLDER / "studies.db"
ADDRESS = "OPTUNA_STORAGE"  # variable of the environment, which Optuna's own command reads, too
ATTEMPTS = 4  # to make tables
PAUSE = 1.0  # seconds between two attempts
LONGEST = 3600.0  # seconds that a database may be away
Result = TypeVar("Result")


def address(given: str | None) -> str:
    """Return the address of the database that is given, or that the environment names, or a file.

    Of PostgreSQL, the driver that the extra `search` installs is taken.
    """
    found = given or os.environ.get(ADDRESS)
    if not found:
        FILE.parent.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{FILE}"
    scheme, colon, rest = found.partition("://")
    return f"postgresql+psycopg{colon}{rest}" if scheme in {"postgresql", "postgres"} else found


def is_shared(place: str) -> bool:
    """Tell whether other machines may be at work on a study that is kept there."""
    return not place.startswith("sqlite:")


def opened(place: str) -> RDBStorage:
    """Open the database at an address, and make its tables if it has none.

    Raises:
        UserError: it does not answer, or the address is none.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    timeout = {"timeout": 60} if place.startswith("sqlite:") else {"connect_timeout": 10}
    shown = redacted(place)
    options = {"pool_pre_ping": True, "connect_args": timeout}
    try:
        return at_once(lambda: RDBStorage(place, engine_kwargs=options))
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:
        raise UserError(
            f"--storage {shown}: is no address of a database ({first_line(error)}); write it as "
            "postgresql://user@host/database"
        ) from error
    except (DBAPIError, StorageInternalError) as error:
        if not is_shared(place):
            raise UserError(_damaged(error)) from error
        raise UserError(
            f"--storage {shown}: does not answer ({_reason(error)}); start the database, or mend "
            "the address"
        ) from error


def at_once(make: Callable[[], Result]) -> Result:
    """Create tables; retry where another machine creates them at the same moment."""
    for _ in range(ATTEMPTS):
        try:
            return make()
        except (IntegrityError, ProgrammingError, StorageInternalError):
            time.sleep(random.uniform(0, PAUSE))  # noqa: S311 - no secret
    return make()


def patiently(do: Callable[[], Result], after: Callable[[], None] | None = None) -> Result:
    """Call a function that uses the database; retry while the database does not answer.

    Once it answers again, `after` is called, too.

    Raises:
        UserError: it is away for an hour.
    """
    end, told = time.monotonic() + LONGEST, False
    while True:
        try:
            done = do()
        except (StorageInternalError, DBAPIError) as error:
            _require_hope(error, end)
            if not told:
                print("the database of the study does not answer; waiting for it", flush=True)
            told = True
            time.sleep(PAUSE)
        else:
            if told and after:
                after()
            if told:
                print("the database of the study answers again", flush=True)
            return done


def _require_hope(error: Exception, end: float) -> None:
    """Refuse to wait longer than to the end, or for a file, which does not come back.

    Raises:
        UserError: there is nothing to wait for.
    """
    if not _may_return(error):
        raise UserError(_damaged(error)) from error
    if time.monotonic() > end:
        raise UserError(
            f"--storage: has not answered for {LONGEST / 60:.0f} minutes "
            f"({_reason(error)}); when it does, the same command goes on"
        ) from error


def _may_return(error: Exception) -> bool:
    """Tell whether to wait: a server comes back; a file that is damaged, or full, does not."""
    cause = error.__cause__ if isinstance(error, StorageInternalError) else error
    own = getattr(cause, "orig", None)
    return not isinstance(own, sqlite3.Error) or "locked" in str(own)


def _damaged(error: Exception) -> str:
    return (
        f"{FILE}: cannot be read or written ({_reason(error)}); free some space or mend the "
        "permissions, or move it away: a new study takes what was trained from the cache"
    )


def _reason(error: Exception) -> str:
    cause = error.__cause__ if isinstance(error, StorageInternalError) else error
    return first_line(getattr(cause, "orig", None) or cause or error)
