"""Pictures that a program gives: paths, addresses, bytes, arrays, pictures of Pillow."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import BinaryIO, TypeAlias, TypeVar

import numpy as np
from PIL import Image as Picture

from reprise import in_memory
from reprise.directory import Failure, Skipped, Source
from reprise.escaping import first_line, printable
from reprise.inputs import Loaded
from reprise.prediction import Prediction
from reprise.result_table import NAMELESS
from reprise.shortage import lacking
from reprise.sourcing.naming import is_many, pictures_of
from reprise.spec import Channels

One: TypeAlias = (
    str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | np.ndarray | Picture.Image
)
OneOpened: TypeAlias = bytes | memoryview | BinaryIO | np.ndarray | Picture.Image
Several: TypeAlias = Sequence[One] | Iterator[One]
T = TypeVar("T", Loaded, Prediction)
BYTES = (bytes, bytearray, memoryview)
EXPECTED = (
    "a path, a folder, an address, bytes, a file open in binary, an array of uint8, a picture of "
    "Pillow, or a list of these"
)


class PictureError(ValueError):
    """A picture that cannot be predicted; the message is the reason."""


def require(found: T | Failure) -> T:
    """Return what became of a picture.

    Raises:
        PictureError: it is a failure.
    """
    if isinstance(found, Failure):
        raise PictureError(f"{printable(found.name) or NAMELESS}: {printable(found.reason)}")
    return found


def is_plural(given: object) -> bool:
    """Return whether a thing stands for any number of pictures, be it one."""
    if isinstance(given, str | os.PathLike):
        return is_many(_name(given))
    return _is_several(given) and not _is_one(given)


def _name(given: str | os.PathLike[str]) -> str:
    return os.path.expanduser(os.fsdecode(given))  # noqa: PTH111 - a name may be an address


def _is_several(given: object) -> bool:
    """Return whether the parts of a thing may be pictures: not of a mapping, tensor or table."""
    foreign = hasattr(given, "__array__") and getattr(given, "ndim", 1) != 1
    return isinstance(given, Iterable) and not isinstance(given, Mapping) and not foreign


def _is_one(given: object) -> bool:
    # A file would be split at the line ends in its bytes, and a view of memory into numbers.
    return isinstance(given, (str, os.PathLike, *BYTES, np.ndarray, Picture.Image)) or (
        hasattr(given, "read")
    )


def sources(given: object, channels: Channels, skipped: Skipped) -> Iterator[Source | Failure]:
    """Yield the pictures of whatever a user gives; what is none of these is a failure."""
    if _is_one(given):
        yield from _one(given, channels, skipped)
    elif isinstance(given, Iterable) and _is_several(given):
        for one in given:
            yield from _one(one, channels, skipped)
    else:
        yield _foreign(given)


def _one(given: object, channels: Channels, skipped: Skipped) -> Iterator[Source | Failure]:
    if isinstance(given, str | os.PathLike):
        yield from pictures_of(_name(given), skipped)
    elif isinstance(given, BYTES):
        yield Source("", bytes(given))
    elif isinstance(given, np.ndarray):
        yield in_memory.of_array(given, channels)
    elif isinstance(given, Picture.Image):
        yield in_memory.of_pillow(given, channels)
    elif callable(read := getattr(given, "read", None)):
        yield _file(read, getattr(given, "name", None))
    else:
        yield _foreign(given)


def _file(read: Callable[[], object], said: object) -> Source | Failure:
    """Read an open file, from where it is to its end."""
    name = said if isinstance(said, str) else ""
    try:
        data = read()
    except Exception as error:  # of a file of any kind: of text, closed, of an archive
        if lacking(error):
            raise
        return Failure(name, f"cannot be read ({first_line(error)}); expected is {EXPECTED}")
    if not isinstance(data, BYTES):
        return Failure(name, f"reads as {type(data).__name__}; open the file in binary: 'rb'")
    return Source(name, bytes(data))


def _foreign(given: object) -> Failure:
    expected = f"expected is {EXPECTED}"
    if hasattr(given, "iloc"):  # a table of pandas
        expected = "give its column of paths: list(table['path'])"
    elif hasattr(given, "__array__"):  # a tensor
        expected = "give an array of NumPy: numpy.asarray(it), uint8 [H, W] or [H, W, C]"
    return Failure("", f"is of type {type(given).__name__}; {expected}")
