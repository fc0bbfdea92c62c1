"""Read the members of a zip, under the names that were meant."""

import io
import shutil
import stat
import struct
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast
from zipfile import ZipFile, ZipInfo
from zlib import crc32

from stages.sources.limits import RefusedError
from stages.sources.reports import excerpt
from stages.sources.store import Member

BLOCK = 4 * 2**20  # bytes in memory at once
IN_MEMORY = 64 * 2**20  # bytes; a larger file of a zip is spooled to an unnamed one
MEMBERS = 10**7  # that an archive may have; each takes some 500 bytes of memory
ENTRY = 46  # bytes that a member takes in the list of a zip, at least
ZIP64, END64 = b"PK\6\6", 76  # a second end record, and the bytes that it takes
UTF8 = 1 << 11  # flag of a name that is said to be UTF-8
UNICODE_PATH = 0x7075  # extra field with the true name (APPNOTE.TXT 4.6.9)
METHODS = {
    zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA,
    getattr(zipfile, "ZIP_ZSTANDARD", zipfile.ZIP_STORED),
}  # fmt: skip
NAMES = {1: "Shrink", 6: "Implode", 9: "Deflate64", 93: "Zstandard", 95: "XZ", 98: "PPMd"}


def members(path: Path, scratch: Path) -> Iterator[Member]:
    """Yield the files and folders; large ones are unpacked into `scratch` when they are opened.

    Raises:
        RefusedError: a member is a link, encrypted, or packed in a way that Python cannot unpack,
            or there are too many.
        zipfile.BadZipFile: it is damaged.
    """
    _check_count(path)
    archive = ZipFile(path)  # stays open as long as a member can be asked for
    guessed = []
    for info in archive.infolist():
        name, sure = _decoded_name(info)
        if not sure:
            guessed.append(name)
        _check_readable(info, name)
        yield Member(name, info.file_size, partial(_unzip, archive, info, scratch))
    if guessed:
        print(
            f"{len(guessed):,} names in it are in no stated encoding and read as cp437, "
            f"{excerpt(guessed[0])} among them; pack it again with names in UTF-8 if that is wrong",
            file=sys.stderr,
        )


def _check_count(path: Path) -> None:
    """Refuse more members than memory has room for, before their list is read."""
    with path.open("rb") as file:
        if (end := zipfile._EndRecData(file)) is None:  # type: ignore[attr-defined]  # noqa: SLF001
            return
        signature, size, place = bytes(end[0]), int(end[5]), int(end[9])
        if size <= MEMBERS * ENTRY:
            return
        file.seek(max(0, place - size - (END64 if signature == ZIP64 else 0)))
        count = 0
        while count <= MEMBERS and (head := file.read(ENTRY)).startswith(b"PK\1\2"):
            count += 1
            file.seek(sum(struct.unpack("<3H", head[28:34])), io.SEEK_CUR)
    if count > MEMBERS:
        raise RefusedError(f"has more than {MEMBERS:,} members; pack it in several archives")


def _check_readable(info: ZipInfo, name: str) -> None:
    if stat.S_ISLNK(info.external_attr >> 16):
        raise RefusedError(f"'{excerpt(name)}' is a link; pack the files themselves")
    if info.flag_bits & 1:
        raise RefusedError(f"'{excerpt(name)}' is encrypted; pack it without a password")
    if info.compress_type not in METHODS:
        method = NAMES.get(info.compress_type, "a method")
        raise RefusedError(
            f"'{excerpt(name)}' is packed with {method} (number {info.compress_type}), which "
            "Python cannot unpack; pack it again with another method, such as Deflate, or as tar.gz"
        )


def _decoded_name(info: ZipInfo) -> tuple[str, bool]:
    """Return the name as it was meant, and whether its encoding is certain."""
    name = info.orig_filename
    stored = name.encode("utf-8" if info.flag_bits & UTF8 else "cp437")
    if (stated := _unicode_name(info.extra, stored)) is not None:
        return stated, True
    try:
        return stored.decode(), True  # macOS and Info-ZIP write UTF-8 and do not say so
    except UnicodeDecodeError:
        return name, False


def _unicode_name(extra: bytes, stored: bytes) -> str | None:
    """Return the name in the Unicode field, if the field belongs to the stored name."""
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        field, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == UNICODE_PATH and field[:1] == b"\1" and len(field) > 5:
            if struct.unpack("<I", field[1:5])[0] != crc32(stored):
                return None
            try:
                return field[5:].decode()
            except UnicodeDecodeError:
                return None
    return None


def _unzip(archive: ZipFile, info: ZipInfo, scratch: Path) -> BinaryIO:
    """Decompress one file, and verify its checksum; never more bytes than were declared."""
    if info.file_size <= IN_MEMORY:
        return io.BytesIO(archive.read(info))
    with ExitStack() as stack:
        spool = stack.enter_context(tempfile.TemporaryFile(dir=scratch))
        with archive.open(info) as packed:
            shutil.copyfileobj(packed, spool, BLOCK)
        spool.seek(0)
        stack.pop_all()  # whoever asked for it closes it
    return cast("BinaryIO", spool)
