"""Write files whole or not at all, with the same bytes for the same content."""

import csv
import json
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from reprise.escaping import cell, first_line
from reprise.shortage import lacking
from stages.errors import UserError

EARLIEST = (1980, 1, 1, 0, 0, 0)  # time stamp that a zip can hold


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` for a file or folder; move it to `path` when the block succeeds.

    A process killed at any moment leaves the old `path`, the new one, or none: never a part.

    Raises:
        UserError: the disk is full, or `path` cannot be written.
    """
    partial, old = (path.with_name(f".{path.name}.{state}") for state in ("partial", "old"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove(partial)  # of a killed run
        yield partial
        _replace(path, partial, old)
    except OSError as error:
        if lacking(error) not in {None, "disk"}:
            raise
        raise UserError(
            f"{path}: cannot be written: {error.strerror or error}; "
            "free some space or mend the permissions, then run the stage again"
        ) from error
    finally:
        with suppress(OSError):  # where nothing can be written, nothing was left either
            remove(partial)


def _replace(path: Path, partial: Path, old: Path) -> None:
    """Move a file or folder to `path`; a former folder, which none can replace, goes to `old`."""
    if path.is_dir():
        remove(old)
        path.rename(old)
    _unprotect(path)
    partial.replace(path)
    remove(old)


def remove(path: Path) -> None:
    """Delete a file or a folder with all that is in it, if it exists."""
    if path.is_dir() and not path.is_symlink():
        for each in path.rglob("*") if sys.platform == "win32" else ():
            _unprotect(each)
        shutil.rmtree(path)
    else:
        _unprotect(path)
        path.unlink(missing_ok=True)


def _unprotect(path: Path) -> None:
    """Let a file be deleted that DVC has protected, as the cache has it too; Windows asks that."""
    if sys.platform == "win32" and path.is_file():
        path.chmod(stat.S_IWRITE | stat.S_IREAD)


@contextmanager
def reading(path: Path, stage: str) -> Iterator[None]:
    """Turn errors while reading an artifact into one message with the remedy.

    Lack of memory, disk, files or threads is no fault of the artifact, and is raised as it is.

    Raises:
        UserError: the artifact of `stage` is missing, truncated, or not what that stage writes.
    """
    remedy = f"run `dvc repro {stage}` to make it again"
    try:
        yield
    except FileNotFoundError as error:
        raise UserError(f"{error.filename or path}: is missing; {remedy}") from error
    except Exception as error:  # damaged bytes make the libraries raise almost anything
        if lacking(error):
            raise
        reason = first_line(error)
        raise UserError(f"{path}: cannot be read ({reason}); {remedy}") from error


def write_json(path: Path, values: dict[str, object]) -> None:
    """Write the values with sorted keys, one a line, so that equal values give equal bytes."""
    with replacing(path) as partial:
        partial.write_text(
            json.dumps(values, indent=2, sort_keys=True) + "\n", encoding="utf-8", newline="\n"
        )


def write_metrics(path: Path, values: dict[str, object]) -> None:
    """Write metrics as JSON, rounded to 6 decimals."""
    text = json.dumps(values)
    write_json(path, json.loads(text, parse_float=lambda number: round(float(number), 6)))


def write_csv(path: Path, header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Write a table; floats have 6 significant digits.

    Text is escaped for spreadsheets, and for the page that DVC makes of a plot.
    """
    with (
        replacing(path) as partial,
        partial.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        table = csv.writer(file, lineterminator="\n")
        table.writerow(header)
        for row in rows:
            table.writerow(map(_cell, row))


def _cell(value: object) -> object:
    if isinstance(value, str):
        return cell(value)
    return f"{value:.6g}" if isinstance(value, float) else value


def rewrite_zip(archive: bytes, dropped: Sequence[str]) -> bytes:
    """Return an archive without time stamps and without the members that end in `dropped`."""
    made = BytesIO()
    with ZipFile(BytesIO(archive)) as old, ZipFile(made, "w", ZIP_STORED) as new:
        for name in old.namelist():
            if not name.endswith(tuple(dropped)):
                new.writestr(ZipInfo(name, EARLIEST), old.read(name))
    return made.getvalue()
