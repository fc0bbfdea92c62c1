"""Read the pictures of an archive; nothing is unpacked to the disk, so no name becomes a path."""

from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path, PurePosixPath
from threading import Lock
from zipfile import ZipFile, ZipInfo

from reprise.codecs.undecodable import UndecodableError
from reprise.directory import SUFFIXES, Failure, Skipped, Source, is_picture
from reprise.escaping import first_line
from reprise.shortage import lacking
from reprise.sourcing import limited, tarred
from reprise.sourcing.tarred import PackedFile

ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")


def is_packed(path: Path) -> bool:
    """Return whether a file is an archive, by its name."""
    return path.name.lower().endswith(ENDINGS)


def pictures(path: Path, name: str, skipped: Skipped) -> Iterator[Source | Failure]:
    """Yield the pictures of an archive: of a zip by their names, of a tar as they stand there.

    `name` is the user's. Links, devices and hidden files are no pictures. Where an archive is
    damaged, a failure ends it.
    """
    members = _zipped(path) if path.name.lower().endswith(".zip") else tarred.members(path)
    found = 0
    try:
        for member, get, held in members:
            read = partial(limited.reading, get, "cannot be unpacked")
            if any(map(_is_hidden, PurePosixPath(member).parts)):
                continue
            if PurePosixPath(member).suffix.lower() in SUFFIXES or _is_picture(read):
                found += 1
                # `tar -C folder .` names its members ./a.png
                yield Source(f"{name}/{PurePosixPath(member)}", read, held=held)
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


def _zipped(path: Path) -> Iterator[PackedFile]:
    """Yield the files of a zip, each read when it is its turn to be decoded."""
    archive, lock = ZipFile(path), Lock()  # open as long as a member may be read
    for info in sorted(archive.infolist(), key=lambda info: info.filename):
        if not info.is_dir():
            yield PackedFile(info.filename, partial(_unzipped, archive, info, lock))


def _unzipped(archive: ZipFile, info: ZipInfo, lock: Lock) -> bytes:
    if info.flag_bits & 1:
        raise UndecodableError("is encrypted; pack it without a password")
    with lock, archive.open(info) as file:
        return limited.read(file.read)
