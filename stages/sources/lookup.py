"""Find the files of a source by the names in a table."""

import posixpath
from collections import defaultdict
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import PurePosixPath
from unicodedata import normalize

from stages.sources.class_names import normalize_name


class FileIndex:
    """Files by the cells of a table that lies in the folder `home`.

    Beside the exact path, a cell may be the end of one path alone, be composed otherwise (macOS
    writes NFD), or lack the suffix. A file that differs in letter case is only suggested.
    """

    def __init__(self, names: Iterable[str], home: PurePosixPath) -> None:
        self._names, self._home = {*names}, str(home)
        by_end = defaultdict[str, list[str]](list)
        for name in sorted(self._names):
            last = PurePosixPath(normalize("NFC", name))
            for end in {last.name, last.stem, _fold(last.name), _fold(last.stem)}:
                by_end[end].append(name)
        self._by_end = dict(by_end)

    def find(self, cell: str) -> str:
        """Find a file by its path from the table or the top, or by the end of its path.

        Raises:
            ValueError: there is none, or more than one.
        """
        path = posixpath.normpath(cell.replace("\\", "/"))
        for exact in (posixpath.normpath(posixpath.join(self._home, path)), path):
            if exact in self._names:
                return exact
        for found in (self._exact(path), self._spelt(path), self._without_suffix(path)):
            if len(found) == 1:
                return found[0]
            if found:
                near = ", ".join(found[:5])
                raise ValueError(f"{cell}: {near} could be meant; give its path")
        raise ValueError(f"{cell}: there is no such file{self._nearest(path)}")

    def _among(self, path: str) -> list[str]:
        return self._by_end.get(PurePosixPath(normalize("NFC", path)).name, [])

    def _exact(self, path: str) -> list[str]:
        return [name for name in self._among(path) if name.endswith(f"/{_end(path)}")]

    def _spelt(self, path: str) -> list[str]:
        end = f"/{_end(normalize('NFC', path))}"
        return [name for name in self._among(path) if f"/{normalize('NFC', name)}".endswith(end)]

    def _without_suffix(self, path: str) -> list[str]:
        end = f"/{_end(normalize('NFC', path))}"
        return [
            name
            for name in self._among(path)
            if f"/{PurePosixPath(normalize('NFC', name)).with_suffix('')}".endswith(end)
        ]

    def _nearest(self, path: str) -> str:
        """Suggest the file that was probably meant."""
        name = PurePosixPath(normalize("NFC", path)).name
        ends = [_fold(name), _fold(PurePosixPath(name).stem)]
        near = next((self._by_end[end][0] for end in ends if end in self._by_end), None)
        if near is None:
            close = get_close_matches(name, [*self._by_end][:10_000], n=1, cutoff=0.8)
            near = self._by_end[close[0]][0] if close else None
        return f"; the nearest is {near}" if near else ""


def _end(path: str) -> str:
    """Return the path without a leading `../`."""
    while path.startswith("../"):
        path = path[3:]
    return path


def _fold(name: str) -> str:
    return normalize_name(name).casefold()
