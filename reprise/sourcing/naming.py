"""Find the pictures that a name stands for: of a file, folder, glob or address."""

from collections.abc import Iterator
from glob import glob, has_magic
from pathlib import Path

from reprise.directory import Failure, Skipped, Source
from reprise.shortage import lacking
from reprise.sourcing.online import fetch, is_address, public
from reprise.sourcing.opening import held, is_holder, of_folder
from reprise.sourcing.tabled import PictureColumns

USUAL = PictureColumns()


def is_many(name: str) -> bool:
    """Return whether a name stands for any number of pictures, and not for one."""
    try:
        path = Path(name)
        several = path.is_dir() or is_holder(path) or (has_magic(name) and not path.exists())
        return bool(name) and several and not is_address(name)
    except (OSError, ValueError):
        return False


def pictures_of(
    name: str, skipped: Skipped, columns: PictureColumns = USUAL
) -> Iterator[Source | Failure]:
    """Yield the pictures of a file, folder, glob or address, or of what a file holds or lists."""
    path = Path(name)
    try:
        if is_address(name):
            yield Source(public(name), fetch(name))
        elif not name:  # Path("") would be this folder
            yield Failure("''", "is an empty text; name a file, a folder or an address")
        elif path.is_dir():
            yield from of_folder(path, skipped, columns)
        elif is_holder(path):
            yield from held(path, skipped, columns)
        elif has_magic(name) and not path.exists():
            yield from _matching(name)
        else:
            yield Source(name, path)
    except OSError as error:
        if lacking(error):
            raise
        yield Failure(name, error.strerror or str(error))


def _matching(pattern: str) -> Iterator[Source | Failure]:
    """Yield the files that a glob matches; ** matches any number of folders."""
    files = [name for name in sorted(glob(pattern, recursive=True)) if Path(name).is_file()]  # noqa: PTH207 - the pattern may be absolute
    if not files:
        yield Failure(pattern, "matches no file")
    for name in files:
        yield Source(name, Path(name))
