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

HEAT_MAPS = "[0-9][0-9][0-9][0-9][0-9]*-*.png"  # as `by_products` names them


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
    if options.explain:
        _check_heat_maps(options.explain, _read(options))


def _check_heat_maps(folder: Path, read: Iterator[Path]) -> None:
    """Check the files that a heat map may replace, by their names."""
    present = [*folder.glob(HEAT_MAPS)]
    for path in present:
        if path.is_symlink():
            raise OutputError(
                f"{printable(str(path))}: is a link, whose file a heat map might replace; name "
                "another folder for --explain"
            )
    known = {_identity(path): path for path in present}
    for one in read if present else ():
        if (found := _identity(one)) and found in known:
            raise OutputError(
                f"{printable(str(known[found]))}: is read for these predictions, and a heat map "
                "might replace it; name another folder for --explain"
            )


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what a file has in common with its hard links."""
    try:
        found = path.stat()
    except (OSError, ValueError):  # it is not there, which is told when it is read
        return None
    return found.st_dev, found.st_ino


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
