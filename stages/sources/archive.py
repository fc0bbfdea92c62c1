"""Read archives without unpacking them: no name inside ever becomes a path on the disk."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import pyarrow as pa

from reprise.shortage import lacking
from stages.errors import UserError
from stages.sources import tar, zips
from stages.sources.limits import RefusedError, check_bytes, check_total
from stages.sources.reports import excerpt
from stages.sources.store import Member, Store, error_reason

BLOCK = 4 * 2**20  # bytes in memory at once
ZIP = (b"PK\3\4", b"PK\5\6", b"PK\7\x08")
COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd"}
KNOWN = "it must be zip, tar, tar.gz, tar.bz2 or tar.zst"
UNPACKS = "unpacks to"


class Bounds(NamedTuple):
    """Limits of unpacking an archive."""

    most: int  # bytes it may unpack to
    scratch: Path  # an empty folder for temporary files


def store(path: Path, place: str, bounds: Bounds) -> Store:
    """Return the files of an archive; `place` is what the user knows it by.

    Raises:
        UserError: it is of no known kind, is damaged or encrypted, holds a link or a name that
            leads out of it, too many members, or unpacks to more than it may.
    """
    try:
        members = _check_count(_check_names(_members(path, bounds)))
        return Store(place, check_total(members, bounds.most, UNPACKS), bounds.most)
    except UserError:
        raise
    except RefusedError as refusal:
        raise UserError(f"{excerpt(place)}: {refusal}") from refusal
    except Exception as error:  # damaged bytes make the libraries raise almost anything
        if lacking(error) not in {None, "disk"}:
            raise
        why, remedy = error_reason(error), "it is damaged: fetch it again, or pack it again"
        if isinstance(error, OSError) and error.errno:  # it is the disk
            why, remedy = str(error.strerror), "free some space or mend the permissions"
        raise UserError(f"{excerpt(place)}: cannot be unpacked ({why}); {remedy}") from error


def _members(path: Path, bounds: Bounds) -> Iterator[Member]:
    """Return the members; the format is recognised by the content, not by the name."""
    with path.open("rb") as file:
        start = file.read(tar.RECORD)
    if start.startswith(ZIP):
        return zips.members(path, bounds.scratch)
    for magic, codec in COMPRESSED.items():
        if start.startswith(magic):
            return _decompressed_members(path, codec, bounds)
    if tar.is_tar(start):
        return tar.members(path)
    raise RefusedError(f"is no archive of a known kind; {KNOWN}")


def _check_names(members: Iterable[Member]) -> Iterator[Member]:
    """Yield the members with POSIX names; refuse a name that leads out of the archive."""
    for member in members:
        name = member.name.replace("\\", "/")  # as some packers on Windows write it
        path = PurePosixPath(name)
        if path.is_absolute() or re.match("[A-Za-z]:", name) or ".." in path.parts or "\0" in name:
            raise RefusedError(
                f"'{excerpt(member.name)}' leads out of the archive; "
                "pack it again with relative names only"
            )
        if path.parts:
            yield member._replace(name=f"{path}/" if name.endswith("/") else str(path))


def _check_count(members: Iterable[Member]) -> Iterator[Member]:
    """Yield the members; refuse more than memory has room for."""
    for count, member in enumerate(members):
        if count >= zips.MEMBERS:
            raise RefusedError(
                f"has more than {zips.MEMBERS:,} members; pack it in several archives"
            )
        yield member


def _decompressed_members(path: Path, codec: str, bounds: Bounds) -> Iterator[Member]:
    """Decompress the tar into one temporary file, and yield its members."""
    unpacked, total = bounds.scratch / "archive.tar", 0
    with pa.input_stream(str(path), compression=codec) as packed, unpacked.open("wb") as file:
        while block := packed.read(BLOCK):
            total += len(block)
            check_bytes(total, bounds.most, UNPACKS)
            file.write(block)
    with unpacked.open("rb") as file:
        if not tar.is_tar(file.read(tar.RECORD)):
            raise RefusedError(f"is compressed with {codec}, but there is no tar in it; {KNOWN}")
    yield from tar.members(unpacked)
