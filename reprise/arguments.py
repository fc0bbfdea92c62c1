"""Values of a command line: each function checks one, or raises what argparse reports."""

from argparse import ArgumentTypeError
from pathlib import Path


def count(text: str) -> int:
    """Return a whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"must be a whole number from 1, is {text!r}")
    return int(text)


def share(text: str) -> float:
    """Return a number from 0 to 1."""
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number <= 1:
        raise ArgumentTypeError(f"must be a number from 0 to 1, is {text!r}")
    return number


def png(text: str) -> Path:
    """Return the path of a picture to be written."""
    if not text.lower().endswith(".png"):
        raise ArgumentTypeError(f"must end in .png, is {text!r}")
    return _inside(text)


def file(text: str) -> Path:
    """Return the path of a file to be written."""
    if Path(text).is_dir():
        raise ArgumentTypeError(f"{text} is a folder; name a file")
    return _inside(text)


def folder(text: str) -> Path:
    """Return the path of a folder to be made, or that is there."""
    if Path(text).exists() and not Path(text).is_dir():
        raise ArgumentTypeError(f"{text} is no folder")
    return _inside(text)


def _inside(text: str) -> Path:
    """Return a path; check before a long run that it can be written after it."""
    path = Path(text)
    if not path.parent.is_dir():
        raise ArgumentTypeError(f"{path.parent} is no folder; make it first")
    return path
