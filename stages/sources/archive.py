"""Archives, read at random and never unpacked: no name inside ever becomes a path on the disk."""

import io
import re
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple, cast
from zipfile import ZipFile, ZipInfo

import pyarrow as pa

from stages.errors import UserError
from stages.sources import tar
from stages.sources.store import Member, RefusedError, Store, reason

BLOCK = 4 * 2**20  # bytes in memory at once
IN_MEMORY = 64 * 2**20  # bytes; a larger file of a zip is spooled to an unnamed one
ZIP = (b"PK\3\4", b"PK\5\6", b"PK\7\x08")
COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd"}
KNOWN = "it must be zip, tar, tar.gz, tar.bz2 or tar.zst"


class Bounds(NamedTuple):
    """What an archive may take."""

    most: int  # bytes it may unpack to
    scratch: Path  # an empty folder for temporary files


def store(path: Path, place: str, bounds: Bounds) -> Store:
    """Return the files of an archive; `place` is what the user knows it by.

    Raises:
        UserError: it is of no known kind, is damaged or encrypted, holds a link or a name that
            leads out of it, or unpacks to more than it may.
    """
    try:
        return Store(place, _bounded(_safe(_members(path, bounds)), bounds.most))
    except UserError:
        raise
    except RefusedError as refusal:
        raise UserError(f"{place}: {refusal}") from refusal
    except Exception as error:  # damaged bytes make the libraries raise almost anything
        why, remedy = reason(error), "it is damaged: fetch or pack it anew"
        if isinstance(error, OSError) and error.errno:  # it is the disk
            why, remedy = str(error.strerror), "free some space or mend the permissions"
        raise UserError(f"{place}: cannot be unpacked ({why}); {remedy}") from error


def _members(path: Path, bounds: Bounds) -> Iterator[Member]:
    """Tell the kind by the content: a name may lie."""
    with path.open("rb") as file:
        start = file.read(tar.RECORD)
    if start.startswith(ZIP):
        return _zipped(path, bounds)
    for magic, codec in COMPRESSED.items():
        if start.startswith(magic):
            return _compressed(path, codec, bounds)
    if tar.begins(start):
        return tar.members(path)
    raise RefusedError(
        "is no archive of a known kind; it must be zip, tar, tar.gz, tar.bz2 or tar.zst"
    )


def _safe(members: Iterable[Member]) -> Iterator[Member]:
    """Refuse every name that could lead out of a folder; spell the others the same way."""
    for member in members:
        name = member.name.replace("\\", "/")  # as some packers on Windows write it
        path = PurePosixPath(name)
        if path.is_absolute() or re.match("[A-Za-z]:", name) or ".." in path.parts or "\0" in name:
            raise RefusedError(
                f"{name!r} leads out of the archive; pack it anew with relative names only"
            )
        if path.parts:
            yield member._replace(name=f"{path}/" if name.endswith("/") else str(path))


def _bounded(members: Iterable[Member], most: int) -> Iterator[Member]:
    """Refuse to go on when the members add up to more than `most` bytes."""
    total = 0
    for member in members:
        total += member.size
        _within(total, most)
        yield member


def _within(total: int, most: int) -> None:
    if total > most:
        raise RefusedError(
            f"unpacks to more than {most:,} bytes; raise download.max_bytes if you trust it"
        )


def _zipped(path: Path, bounds: Bounds) -> Iterator[Member]:
    archive = ZipFile(path)  # stays open as long as a member can be asked for
    for info in archive.infolist():
        if stat.S_ISLNK(info.external_attr >> 16):
            raise RefusedError(f"{info.filename!r} is a link; pack the files themselves")
        if info.flag_bits & 1:
            raise RefusedError(f"{info.filename!r} is encrypted; pack it without a password")
        # The name as stored: zipfile cuts it at a NUL.
        yield Member(info.orig_filename, info.file_size, partial(_unzip, archive, info, bounds))


def _unzip(archive: ZipFile, info: ZipInfo, bounds: Bounds) -> BinaryIO:
    """Decompress one file, and verify its checksum; never more bytes than were declared."""
    if info.file_size <= IN_MEMORY:
        return io.BytesIO(archive.read(info))
    with ExitStack() as stack:
        spool = stack.enter_context(tempfile.TemporaryFile(dir=bounds.scratch))
        with archive.open(info) as packed:
            shutil.copyfileobj(packed, spool, BLOCK)
        spool.seek(0)
        stack.pop_all()  # whoever asked for it closes it
    return cast("BinaryIO", spool)


def _compressed(path: Path, codec: str, bounds: Bounds) -> Iterator[Member]:
    """Decompress the tar within once, as one file."""
    unpacked, total = bounds.scratch / "archive.tar", 0
    with pa.input_stream(str(path), compression=codec) as packed, unpacked.open("wb") as file:
        while block := packed.read(BLOCK):
            total += len(block)
            _within(total, bounds.most)
            file.write(block)
    with unpacked.open("rb") as file:
        if not tar.begins(file.read(tar.RECORD)):
            raise RefusedError(f"is compressed with {codec}, but there is no tar in it; {KNOWN}")
    yield from tar.members(unpacked)
