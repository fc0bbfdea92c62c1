"""Write files whole or not at all."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO, TextIOWrapper
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, TextIO

from PIL import Image as Picture

from reprise.escaping import printable
from reprise.shortage import lacking
from reprise.streams import OWN

BINARY: int = getattr(os, "O_BINARY", 0)  # Windows has it, and would write \r\n without
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY  # of O_EXCL, a link of this name is an error
ON = os.O_WRONLY | os.O_APPEND | BINARY


class OutputError(Exception):
    """A file that cannot be written; the message is the reason."""


@contextmanager
def whole(path: Path) -> Iterator[TextIO]:
    """Yield a file of text beside `path`, and move it there when the block succeeds.

    Names come out byte for byte, as on standard output. A device or a pipe is written straight to;
    of a link, the file behind it is replaced.

    Raises:
        OutputError: it cannot be written; what was at `path` is still there.
    """
    with (
        _beside(path) as file,
        TextIOWrapper(file, "utf-8", errors="surrogateescape", newline="\n") as text,
    ):
        yield text


def save(picture: Picture.Image, path: Path) -> None:
    """Write a picture as PNG.

    Raises:
        OutputError: it cannot be written; what was at `path` is still there.
    """
    data = BytesIO()
    picture.save(data, "PNG")
    write(data.getvalue(), path)


def write(data: bytes, path: Path) -> None:
    """Write bytes.

    Raises:
        OutputError: it cannot be written; what was at `path` is still there.
    """
    with _beside(path) as file:
        file.write(data)


def make(folder: Path) -> None:
    """Make a folder, unless it is there.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise _refused(folder, error) from error


@contextmanager
def _beside(path: Path) -> Iterator[BinaryIO]:
    try:
        with _straight(path) if _is_stream(path) else _replacing(path) as file:
            yield file
    except OSError as error:
        if lacking(error) not in {None, "disk"}:
            raise
        raise _refused(path, error) from error


def _is_stream(path: Path) -> bool:
    """Return whether it is no file that may be replaced: a device, a pipe, a socket, a stream."""
    try:
        found = path.stat().st_mode
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(found) or str(path).startswith(OWN)


def _straight(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, ON), "wb")


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    target = Path(os.path.realpath(path))
    partial = target.with_name(f".{token_hex(8)}.partial")  # nobody can put a link there before
    file = os.fdopen(os.open(partial, NEW, 0o666), "wb")
    try:
        with file:  # closed before it is moved: Windows moves no open file
            if target.exists():
                partial.chmod(stat.S_IMODE(target.stat().st_mode) & 0o777)
            yield file
        partial.replace(target)
    finally:
        _remove(partial)


def _refused(path: Path, error: OSError) -> OutputError:
    return OutputError(f"{printable(str(path))}: cannot be written: {error.strerror or error}")


def _remove(partial: Path) -> None:
    try:
        partial.unlink(missing_ok=True)
    except OSError:  # where nothing can be written, nothing was left either
        return
