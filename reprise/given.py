"""Pictures that a program gives: paths, addresses, bytes, arrays, pictures of Pillow."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from threading import Lock
from typing import BinaryIO, TypeAlias, TypeVar

import numpy as np
from PIL import Image as Picture
from PIL.ExifTags import Base

from reprise.codecs.undecodable import UndecodableError
from reprise.decoding import UPRIGHT, eight_bits
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
LOADING = Lock()  # one at a time loads a picture that is open as a file: it has one place in it
DEPTHS = (1, 3, 4)  # channels of an array: grey, RGB, and RGB with alpha
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
        return is_many(os.fspath(given))
    return isinstance(given, Iterable) and not isinstance(given, Mapping) and not _is_one(given)


def _is_one(given: object) -> bool:
    # A file would be split at the line ends in its bytes, and a view of memory into numbers.
    return isinstance(given, (str, os.PathLike, *BYTES, np.ndarray, Picture.Image)) or (
        hasattr(given, "read")
    )


def sources(given: object, channels: Channels, skipped: Skipped) -> Iterator[Source | Failure]:
    """Yield the pictures of whatever a user gives; what is none of these is a failure."""
    if _is_one(given):
        yield from _one(given, channels, skipped)
    elif isinstance(given, Iterable) and not isinstance(given, Mapping):
        for one in given:
            yield from _one(one, channels, skipped)
    else:
        yield _foreign(given)


def _one(given: object, channels: Channels, skipped: Skipped) -> Iterator[Source | Failure]:
    if isinstance(given, str | os.PathLike):
        yield from pictures_of(os.fsdecode(given), skipped)
    elif isinstance(given, BYTES):
        yield Source("", bytes(given))
    elif isinstance(given, np.ndarray):
        yield _array(given, channels)
    elif isinstance(given, Picture.Image):
        yield _picture(given, channels)
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
    return Failure("", f"is of type {type(given).__name__}; expected is {EXPECTED}")


def _array(array: np.ndarray, channels: Channels) -> Source | Failure:
    """Return an array [H, W] or [H, W, C] as a picture."""
    shape = tuple(array.shape)
    if array.dtype != np.uint8:
        return Failure(
            "", f"is an array of {array.dtype}; expected is uint8, from 0 to 255: of numbers in "
            "[0, 1], give (255 * array).round().astype('uint8')",
        )  # fmt: skip
    if not array.size or not (array.ndim == 2 or (array.ndim == 3 and shape[2] in DEPTHS)):
        return Failure(
            "", f"is an array {[*shape]}; expected is [H, W] or [H, W, C] with C 1, 3 (RGB) or 4 "
            "(RGBA); of a batch, give list(array)",
        )  # fmt: skip
    flat = array[..., 0] if shape[2:] == (1,) else array
    return _picture(Picture.fromarray(np.ascontiguousarray(flat)), channels)


def _picture(picture: Picture.Image, channels: Channels) -> Source | Failure:
    """Turn a picture upright, and bring it to 8 bits a channel, as `decoding` does with a file's.

    Here, in the thread of the caller: a picture that is open as a file is loaded by one at a time.
    """
    name = str(getattr(picture, "filename", "") or "")
    try:
        if not picture.width * picture.height:
            return Failure(name, f"has {picture.width} x {picture.height} pixels")
        with LOADING:
            picture.load()
            turn = UPRIGHT.get(picture.getexif().get(Base.Orientation, 1))
        if picture.mode == "I":
            return Failure(name, "32-bit pixels have no known range; convert it to 8 bits")
        plain = picture if turn is None else picture.transpose(turn)
        return Source(name, eight_bits(plain, channels).picture)
    except UndecodableError as error:
        return Failure(name, str(error))
    except Exception as error:  # damaged files make decoders raise almost anything
        if lacking(error):
            raise
        return Failure(name, "is damaged: its pixels cannot be loaded")
