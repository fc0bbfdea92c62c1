"""Values of a command line: each function checks one, or raises what argparse reports."""

from argparse import ArgumentTypeError
from collections.abc import Callable
from numbers import Integral, Real
from pathlib import Path

MOST, MOST_THREADS = 2**20, 4096  # more is a slip of the keyboard, and fills the memory
LONGEST = 40  # letters in a message


def count(text: str) -> int:
    """Return a whole number from 1, of pictures and the like."""
    return _up_to(MOST, text)


def threads(text: str) -> int:
    """Return a number of threads."""
    return _up_to(MOST_THREADS, text)


def seed(text: str) -> int:
    """Return a seed, a whole number from 0."""
    return 0 if text and set(text) == {"0"} else _up_to(2**32 - 1, text)


def _up_to(most: int, text: str) -> int:
    digits = text.lstrip("0") if text.isdecimal() else ""
    if not digits:
        raise ArgumentTypeError(f"must be a whole number from 1, is {text[:LONGEST]!r}")
    # By its length first: of a number of thousands of digits, Python makes no int.
    if len(digits) > len(str(most)) or int(digits) > most:
        raise ArgumentTypeError(f"must be {most:,} at most, is {text[:LONGEST]}")
    return int(digits)


def checked(name: str, number: object, most: int = MOST) -> int:
    """Return a number that a program gives.

    Raises:
        ValueError: it is no whole number from 1 to `most`.
    """
    if isinstance(number, Integral) and 1 <= int(number) <= most:
        return int(number)
    raise ValueError(f"{name} must be a whole number from 1 to {most:,}, is {number!r}")


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return what takes a whole number within bounds."""

    def parsed(text: str) -> int:
        digits = text.lstrip("0") or "0"
        if text.isascii() and text.isdecimal() and len(digits) <= len(str(most)):
            number = int(digits)
            if least <= number <= most:
                return number
        reason = f"must be a whole number from {least:,} to {most:,}, is {text[:LONGEST]!r}"
        raise ArgumentTypeError(reason)

    return parsed


def share(text: str) -> float:
    """Return a number from 0 to 1."""
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number <= 1:
        raise ArgumentTypeError(f"must be a number from 0 to 1, is {text!r}")
    return number


def checked_share(name: str, number: object) -> float:
    """Return a number from 0 to 1 that a program gives.

    Raises:
        ValueError: it is none.
    """
    if isinstance(number, Real) and 0 <= float(number) <= 1:
        return float(number)
    raise ValueError(f"{name} must be a number from 0 to 1, is {number!r}")


def png(text: str) -> Path:
    """Return the path of a picture to be written."""
    if not text.lower().endswith(".png"):
        raise ArgumentTypeError(f"must end in .png, is {text!r}")
    return _inside(text)


def file(text: str) -> Path:
    """Return the path of a file to be written."""
    if text and _is_folder(Path(text)):
        raise ArgumentTypeError(f"{text} is a folder; name a file")
    return _inside(text)


def folder(text: str) -> Path:
    """Return the path of a folder to be made, or that is there."""
    if not _is_folder(Path(text)) and Path(text).exists():
        raise ArgumentTypeError(f"{text} is no folder")
    return _inside(text)


def _inside(text: str) -> Path:
    """Return a path; check before a long run that it can be written after it."""
    if not text:
        raise ArgumentTypeError("is empty; name a place, `.` for where you stand")
    path = Path(text)
    if not _is_folder(path.parent):
        raise ArgumentTypeError(f"{path.parent} is no folder; make it first")
    return path


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError as error:  # its name is too long, or nobody may look
        raise ArgumentTypeError(f"{path}: {error.strerror}") from error
