"""Read the pictures of an archive; nothing is unpacked to the disk, so no name becomes a path."""

import tarfile
from collections.abc import Callable, Iterator
from functools import partial
from io import BufferedReader, BytesIO
from pathlib import Path, PurePosixPath
from threading import Lock
from zipfile import ZipFile, ZipInfo

from reprise.codecs.undecodable import UndecodableError
from reprise.directory import SUFFIXES, Failure, Skipped, Source, is_picture
from reprise.escaping import first_line
from reprise.shortage import lacking
from reprise.sourcing import limited

ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")
ZSTD = b"\x28\xb5\x2f\xfd"
MOST = 10**11  # bytes that a tar unpacks to, as `download.max_bytes` has it
RECORD = 512  # bytes; every header of a tar is one, and every file is filled up to a multiple
LONGEST = 2**20  # bytes of a name and the like, which tarfile reads at once
EXTENDED = {
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
}  # fmt: skip
Member = tuple[str, Callable[[], bytes]]  # its name, and what reads it


def is_packed(path: Path) -> bool:
    """Return whether a file is an archive, by its name."""
    return path.name.lower().endswith(ENDINGS)


def pictures(path: Path, name: str, skipped: Skipped) -> Iterator[Source | Failure]:
    """Yield the pictures of an archive: of a zip by their names, of a tar as they stand there.

    `name` is the user's. Links, devices and hidden files are no pictures. Where an archive is
    damaged, a failure ends it.
    """
    members = _zipped(path) if path.name.lower().endswith(".zip") else _tarred(path)
    found = 0
    try:
        for member, get in members:
            read = partial(limited.reading, get, "cannot be unpacked")
            if any(map(_is_hidden, PurePosixPath(member).parts)):
                continue
            if PurePosixPath(member).suffix.lower() in SUFFIXES or _is_picture(read):
                found += 1
                yield Source(f"{name}/{member}", read)
            else:
                skipped.add(PurePosixPath(name, member))
        if not found:
            yield Failure(name, "contains no image")
    except UndecodableError as error:
        yield Failure(name, str(error))
    except Exception as error:  # damaged bytes make the libraries raise almost anything
        if lacking(error):
            raise
        yield Failure(name, f"cannot be read to its end ({first_line(error)}); pack it again")


def _is_hidden(part: str) -> bool:
    return part == "__MACOSX" or (part.startswith(".") and part not in {".", ".."})


def _is_picture(read: Callable[[], bytes]) -> bool:
    try:
        return is_picture(BytesIO(read()))
    except UndecodableError:
        return False


def _zipped(path: Path) -> Iterator[Member]:
    """Yield the files of a zip, each read when it is its turn to be decoded."""
    archive, lock = ZipFile(path), Lock()  # open as long as a member may be read
    for info in sorted(archive.infolist(), key=lambda info: info.filename):
        if not info.is_dir():
            yield info.filename, partial(_unzipped, archive, info, lock)


def _unzipped(archive: ZipFile, info: ZipInfo, lock: Lock) -> bytes:
    if info.flag_bits & 1:
        raise UndecodableError("is encrypted; pack it without a password")
    with lock, archive.open(info) as file:
        return limited.read(file.read)


def _tarred(path: Path) -> Iterator[Member]:
    """Yield the files of a tar, which is read from start to end, without a seek."""
    with path.open("rb") as file, _opened(file) as tar:
        while (entry := tar.next()) is not None:
            tar.members.clear()  # type: ignore[attr-defined]  # or every header stays in memory
            if entry.offset_data + entry.size > MOST:
                raise tarfile.ReadError(f"it unpacks to more than {MOST:,} bytes")
            if entry.isdir():
                continue
            if not entry.isreg() or entry.size > limited.LARGEST:
                reason = limited.TOO_LARGE if entry.isreg() else "is a link or a device"
                yield entry.name, partial(_refuse, reason)
                continue
            content = tar.extractfile(entry)
            yield entry.name, partial(bytes, content.read() if content else b"")


def _refuse(reason: str) -> bytes:
    raise UndecodableError(reason)


def _opened(file: BufferedReader) -> tarfile.TarFile:
    start = file.read(len(ZSTD))
    file.seek(0)
    if start != ZSTD:
        return tarfile.open(fileobj=file, mode="r|*", tarinfo=_Entry, encoding="utf-8")
    try:
        import pyarrow as pa  # noqa: PLC0415 - the predictor does without
    except ModuleNotFoundError as error:
        raise UndecodableError("Zstandard takes pyarrow: `pip install pyarrow`") from error
    stream = pa.input_stream(file, compression="zstd")
    return tarfile.open(fileobj=stream, mode="r|", tarinfo=_Entry, encoding="utf-8")


class _Entry(tarfile.TarInfo):
    """A header that is whole, or an error: tarfile takes a damaged one for the end."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Entry":
        try:
            made = super().frombuf(buf, encoding, errors)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]  # the end
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(f"it ends early, or is damaged: {error}") from error
        if made.type in EXTENDED and made.size > LONGEST:
            raise tarfile.ReadError(f"a header of {made.size:,} bytes")
        return made

    def _block(self, count: int) -> int:
        # Python before 3.11.14 reads the same headers for ever (CVE-2025-8194).
        if count < 0:
            raise tarfile.ReadError("a negative size")
        return -(-count // RECORD) * RECORD
