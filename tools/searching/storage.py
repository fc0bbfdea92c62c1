"""Where a study is kept: a file, or a database that several machines share."""

import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from sqlalchemy.exc import (
    ArgumentError,
    IntegrityError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
)

from reprise.escaping import first_line
from stages.address import redacted
from stages.errors import UserError
from tools.searching.outage import FAILURES, PAUSE, explained

FOLDER = Path(".dvc/tmp/searching")
FILE = FOLDER / "studies.db"
ADDRESS = "OPTUNA_STORAGE"  # variable of the environment, which Optuna's own command reads, too
FILES = "sqlite:///"  # and a path
ATTEMPTS = 4  # to make tables
Result = TypeVar("Result")


def address(given: str | None) -> str:
    """Return the address of the database that is given, or that the environment names, or a file.

    Of PostgreSQL, the driver that the extra `search` installs is taken.

    Raises:
        UserError: it is of no file, or the folder of the file cannot be made.
    """
    found = given or os.environ.get(ADDRESS)
    if not found:
        try:
            FILE.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"{FILE.parent}: cannot be made ({error.strerror}); mend the permissions"
            ) from error
        return f"{FILES}{FILE}"
    if found.startswith("sqlite:") and found.removeprefix(FILES) in {"", ":memory:", found}:
        raise UserError(
            f"--storage {found}: names no file, so a study would be lost at its end; write it as "
            f"{FILES}folder/studies.db"
        )
    scheme, colon, rest = found.partition("://")
    return f"postgresql+psycopg{colon}{rest}" if scheme in {"postgresql", "postgres"} else found


def opened(place: str) -> RDBStorage:
    """Open the database at an address, and make its tables if it has none.

    Raises:
        UserError: it does not answer or refuses, or the address is none.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    timeout = {"timeout": 60} if place.startswith("sqlite:") else {"connect_timeout": 10}
    options = {"pool_pre_ping": True, "connect_args": timeout}
    try:
        return at_once(lambda: RDBStorage(place, engine_kwargs=options))
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:
        raise UserError(
            f"--storage {redacted(place)}: is no address of a database ({first_line(error)}); "
            "write it as postgresql://user@host/database"
        ) from error
    except FAILURES as error:
        raise UserError(explained(error, place)) from error


def require_there(place: str) -> None:
    """Refuse a file that does not exist: nothing was searched there.

    Raises:
        UserError: it does not.
    """
    file = Path(place.removeprefix(FILES))
    if place.startswith(FILES) and not file.exists():
        raise UserError(f"{file}: there is no study; run `reprise search`, or mend --storage")


def at_once(make: Callable[[], Result]) -> Result:
    """Create tables; retry where another machine creates them at the same moment."""
    for _ in range(ATTEMPTS):
        try:
            return make()
        except (IntegrityError, ProgrammingError, StorageInternalError) as error:
            if isinstance(error.__cause__, OperationalError):  # it does not answer at all
                raise
            time.sleep(random.uniform(0, PAUSE))  # noqa: S311 - no secret
    return make()
