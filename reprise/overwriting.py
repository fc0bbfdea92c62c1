"""Refuse an output that would replace what is read: the model, a table, a picture."""

import os
from collections.abc import Iterator
from pathlib import Path

from reprise.directory import Failure, Skipped, pictures
from reprise.escaping import printable
from reprise.inputs import STDIN
from reprise.options import Options
from reprise.sourcing.naming import is_many, pictures_of
from reprise.sourcing.online import is_address
from reprise.sourcing.opening import is_holder
from reprise.sourcing.parquet_files import ENDING
from reprise.writing import OutputError


def check(options: Options) -> None:
    """Check the files that are to be written; what only a table or standard input names is not.

    Raises:
        OutputError: one of them is the model, is read for its pictures, or is written twice.
    """
    written = [path for path in (options.output, options.sheet) if path]
    if len({os.path.realpath(path) for path in written}) < len(written):
        raise OutputError(f"{printable(str(written[0]))}: is --output and --sheet; name two files")
    for path in written:
        if path.is_file() and any(_is_same(path, read) for read in _read(options)):
            raise OutputError(
                f"{printable(str(path))}: is read for these predictions, which would replace it; "
                "name another file for them"
            )


def _is_same(path: Path, read: Path) -> bool:
    try:
        return path.samefile(read)
    except (OSError, ValueError):  # it is not there, which is told when it is read
        return False


def _read(options: Options) -> Iterator[Path]:
    yield options.model
    for name in options.images:
        if name == STDIN or is_address(name):
            continue
        path = Path(name)
        if not is_many(name) or is_holder(path):
            yield path
            continue
        yield from path.glob(f"*{ENDING}") if path.is_dir() else ()
        found = pictures(path, Skipped()) if path.is_dir() else pictures_of(name, Skipped())
        for one in found:
            if not isinstance(one, Failure) and isinstance(one.data, Path):
                yield one.data
