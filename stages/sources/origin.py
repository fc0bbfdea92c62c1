"""Open the files of a source: a local folder or archive, or an archive at an address."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO

from pydantic import Field

from reprise.shortage import lacking
from stages import files
from stages.address import public
from stages.artifacts import raw
from stages.errors import UserError
from stages.params import Location, Params
from stages.sources import archive
from stages.sources.archive import Bounds
from stages.sources.fetch import fetch, verify
from stages.sources.limits import RefusedError, check_total
from stages.sources.reports import excerpt
from stages.sources.store import Member, Store


def folder_store(root: Path, most: int = sys.maxsize) -> Store:
    """Return the files of a folder; links to files are followed, as DVC may link what it tracks.

    Raises:
        UserError: it cannot be read, holds more than `most` bytes, a link leads nowhere or to a
            folder, or an entry is no file.
    """
    try:
        members = check_total(_members(root), most, "holds")
        return Store(str(root), members, most)
    except RefusedError as refusal:
        raise UserError(f"{excerpt(str(root))}: {refusal}") from refusal


def file_store(path: Path, place: str, most: int = sys.maxsize) -> Store:
    """Return a store of one file."""
    alone = Member(Path(place).name, path.stat().st_size, partial(open_file, str(path)))
    return Store(place, [alone], most)


def open_file(path: str) -> BinaryIO:
    """Open a file of the disk, as a member of a store does."""
    return Path(path).open("rb")


def _members(root: Path) -> Iterator[Member]:
    """Yield files and folders at any depth; without recursion, whose depth is limited."""
    ahead = [(str(root), "")]
    while ahead:
        folder, prefix = ahead.pop()
        for entry in _entries(folder):
            path, name = entry.path, f"{prefix}{entry.name}"
            if entry.is_dir():
                if entry.is_symlink():
                    raise _is_linked(path)
                ahead.append((path, f"{name}/"))
                yield Member(f"{name}/", 0, partial(open_file, path))
            elif entry.is_file():
                yield Member(name, entry.stat().st_size, partial(open_file, path))
            else:
                raise UserError(f"{excerpt(path)}: is no file, or links to none; take it away")


def refuse_linked_folders(root: Path) -> None:
    """Refuse a folder in which DVC does not see all.

    Raises:
        UserError: a folder in it is a link.
    """
    for folder, names, _ in os.walk(root):
        for path in (Path(folder, name) for name in names):
            if path.is_symlink():
                raise _is_linked(str(path))


def _is_linked(path: str) -> UserError:
    return UserError(
        f"{excerpt(path)}: is a link to a folder, and DVC does not see what changes in it; bring "
        "the folder itself there, or set download.path to the one that it leads to"
    )


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        return list(os.scandir(folder))
    except OSError as error:
        if lacking(error):
            raise
        raise UserError(
            f"{excerpt(folder)}: cannot be read: {error.strerror}; mend the permissions"
        ) from error


SCRATCH = raw.PATH.with_name(".download.partial")
PARQUET = b"PAR1"


class Origin(Params):
    """Parameters of where the images of folder, pairs, table and parquet come from."""

    path: Location = Field(description="folder or archive with your images, or a torchvision root")
    address: Location | None = Field(
        description="http, https, s3, gs or ssh address of an archive; null: path is used"
    )
    sha256: Annotated[str, Field(pattern="^[0-9a-fA-F]{64}$")] | None = Field(
        description="checksum of the archive, 64 hexadecimal digits; null: not verified"
    )
    max_bytes: int = Field(
        description="most that may come in, fetched, unpacked or read, in bytes", gt=0, le=10**18
    )


@contextmanager
def open_store(params: Origin) -> Iterator[Store]:
    """Yield the files, to be read inside the block; temporary files are removed at its end.

    Raises:
        UserError: there is nothing, it cannot be fetched, or it is no folder, no archive.
    """
    with scratch() as folder:
        if params.address is not None:
            place, path = params.address, folder / "fetched"
            checksum = None if params.sha256 is None else f"sha256:{params.sha256}"
            fetch(place, path, checksum, params.max_bytes)
            yield _open_archive(path, public(place), Bounds(params.max_bytes, folder))
        else:
            yield _open_path(params, folder)


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield an empty folder for temporary files, and remove it and what a killed run left."""
    try:
        files.remove(SCRATCH)
        SCRATCH.mkdir(parents=True)
    except OSError as error:
        if lacking(error) not in {None, "disk"}:
            raise
        raise UserError(
            f"{SCRATCH}: cannot be made: {error.strerror}; free some space or mend the permissions"
        ) from error
    try:
        yield SCRATCH
    finally:
        files.remove(SCRATCH)


def _open_path(params: Origin, folder: Path) -> Store:
    """Return the files at `path`."""
    path = Path(params.path)
    try:
        if path.is_dir() and params.sha256 is None:
            return folder_store(path, params.max_bytes)
        if path.is_dir():
            raise UserError(
                f"params.yaml: download.sha256 is for an archive, but {excerpt(params.path)} is a "
                "folder; set it to null"
            )
        if params.sha256 is not None:
            verify(params.path, path, f"sha256:{params.sha256}")
        return _open_archive(path, params.path, Bounds(params.max_bytes, folder))
    except OSError as error:
        if lacking(error):
            raise
        raise UserError(
            f"{excerpt(params.path)}: cannot be read: {error.strerror}; "
            "bring the images there, or correct download.path in params.yaml"
        ) from error


def _open_archive(path: Path, place: str, bounds: Bounds) -> Store:
    """Return the files of an archive, or the one file that needs none."""
    with path.open("rb") as file:
        if file.read(len(PARQUET)) == PARQUET:
            return file_store(path, place, bounds.most)
    return archive.store(path, place, bounds)
