"""Read the members of an uncompressed tar."""

import os
import tarfile
from collections.abc import Iterator
from functools import partial
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import BinaryIO, cast

from stages.sources.limits import RefusedError
from stages.sources.reports import excerpt
from stages.sources.store import Member

RECORD = 512  # bytes; every header is one, and every file is filled up to a multiple


class _Header(tarfile.TarInfo):
    """A header that refuses negative sizes."""

    def _block(self, count: int) -> int:
        # Python before 3.11.14 reads the same headers for ever (CVE-2025-8194).
        if count < 0:
            raise tarfile.HeaderError("a negative size")
        return -(-count // RECORD) * RECORD


class _Slice(RawIOBase):
    """A part of a file, as a file."""

    def __init__(self, path: Path, start: int, size: int) -> None:
        self._file, self._start, self._size, self._at = path.open("rb"), start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        self._file.seek(self._start + self._at)
        count = self._file.readinto(memoryview(buffer)[: max(0, self._size - self._at)])
        self._at += count
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


def is_tar(start: bytes) -> bool:
    """Return whether a file with these first bytes is a tar."""
    try:
        tarfile.TarInfo.frombuf(start[:RECORD], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def members(path: Path) -> Iterator[Member]:
    """Yield the files and folders; refuse any other kind of member.

    Raises:
        RefusedError: a member is a link, a device or sparse, or the end is missing.
        tarfile.TarError: it is damaged.
    """
    with path.open("rb") as file, _opened(file) as tar:
        while (entry := tar.next()) is not None:
            tar.members.clear()  # type: ignore[attr-defined]  # or every header stays in memory
            if entry.issparse() or not (entry.isreg() or entry.isdir()):
                raise RefusedError(
                    f"'{excerpt(entry.name)}' is a link, a device or sparse; "
                    "pack the files themselves"
                )
            opened = partial(_open, path, entry.offset_data, entry.size)
            yield Member(f"{entry.name}/" if entry.isdir() else entry.name, entry.size, opened)
        # tarfile takes a damaged header for the end; the end is a record of zeros.
        file.seek(tar.offset)
        if file.read(RECORD) != bytes(RECORD):
            raise tarfile.ReadError(f"ends early, or is damaged at byte {tar.offset:,}")


def _opened(file: BinaryIO) -> tarfile.TarFile:
    return tarfile.open(fileobj=file, mode="r:", tarinfo=_Header, encoding="utf-8")


def _open(path: Path, start: int, size: int) -> BinaryIO:
    return cast("BinaryIO", BufferedReader(_Slice(path, start, size)))
