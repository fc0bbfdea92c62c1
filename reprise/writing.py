"""Write files whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TextIO

from PIL import Image as Picture

from reprise.escaping import printable
from reprise.shortage import lacking


class OutputError(Exception):
    """A file that cannot be written; the message is the reason."""


@contextmanager
def whole(path: Path) -> Iterator[TextIO]:
    """Yield a file of text beside `path`, and move it there when the block succeeds.

    Names come out byte for byte, as on standard output.

    Raises:
        OutputError: it cannot be written; what was at `path` is still there.
    """
    with (
        _beside(path) as partial,
        partial.open("w", encoding="utf-8", errors="surrogateescape", newline="\n") as file,
    ):
        yield file
        file.close()  # before it is moved: Windows moves no open file


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
    with _beside(path) as partial:
        partial.write_bytes(data)


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
def _beside(path: Path) -> Iterator[Path]:
    partial = path.with_name(f".{path.name}.partial")
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        if lacking(error) not in {None, "disk"}:
            raise
        raise _refused(path, error) from error
    finally:
        _remove(partial)


def _refused(path: Path, error: OSError) -> OutputError:
    return OutputError(f"{printable(str(path))}: cannot be written: {error.strerror or error}")


def _remove(partial: Path) -> None:
    try:
        partial.unlink(missing_ok=True)
    except OSError:  # where nothing can be written, nothing was left either
        return
