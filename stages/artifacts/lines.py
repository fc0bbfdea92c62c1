"""A text file that grows by a string a line, of any characters."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np


class Lines:
    """Strings on the disk, each as JSON: a line break within one is no end of a line."""

    def __init__(self, path: Path) -> None:
        """Begin an empty file."""
        self._path = path
        path.touch(exist_ok=False)

    def append(self, strings: Iterable[str]) -> None:
        """Add strings to the end."""
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(string)}\n" for string in strings)

    def leave_out(self, rows: np.ndarray) -> None:
        """Take some out again, named by their index."""
        out, place = set(rows.tolist()), self._path.with_name(f"{self._path.name}.kept")
        with self._path.open(encoding="utf-8") as old, place.open("x", encoding="utf-8") as new:
            new.writelines(line for index, line in enumerate(old) if index not in out)
        place.replace(self._path)


def read(path: Path) -> Sequence[str]:
    """Return the strings."""
    with path.open(encoding="utf-8") as file:
        strings = [json.loads(line) for line in file]
    for number, string in enumerate(strings, 1):
        if not isinstance(string, str):
            raise ValueError(f"line {number} holds no text")  # noqa: TRY004
    return strings
