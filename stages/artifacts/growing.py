"""Files that are appended to and may be larger than memory: .npy by rows, JSON by lines."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np


class GrowingLines:
    """A file of strings, a line of JSON each, so that a string may hold a line break."""

    def __init__(self, path: Path) -> None:
        """Create an empty file."""
        self._path = path
        path.touch(exist_ok=False)

    def append(self, strings: Iterable[str]) -> None:
        """Add strings to the end."""
        with self._path.open("a", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{json.dumps(string)}\n" for string in strings)

    def remove(self, rows: np.ndarray) -> None:
        """Remove strings again, by their index."""
        out, place = set(rows.tolist()), self._path.with_name(f"{self._path.name}.kept")
        with (
            self._path.open(encoding="utf-8", newline="\n") as old,
            place.open("x", encoding="utf-8", newline="\n") as new,
        ):
            new.writelines(line for index, line in enumerate(old) if index not in out)
        place.replace(self._path)


def read_lines(path: Path) -> Sequence[str]:
    """Return the strings of a file.

    Raises:
        ValueError: a line holds no string of JSON.
    """
    with path.open(encoding="utf-8") as file:
        strings = [json.loads(line) for line in file]
    for number, string in enumerate(strings, 1):
        if not isinstance(string, str):
            raise ValueError(f"line {number} holds no text")  # noqa: TRY004
    return strings


CHUNK_BYTES = 2**20  # of rows, read at once


class GrowingArray:
    """A .npy file of rows of one shape, of which only some are ever in memory."""

    def __init__(
        self, path: Path, dtype: type[np.generic], shape: tuple[int, ...], *, exists: bool = False
    ) -> None:
        """Create an empty file, or take one that exists."""
        self._path, self._dtype, self._shape = path, np.dtype(dtype), shape
        self._count = 0
        if exists:
            found = np.load(path, mmap_mode="r")
            self._count, self._start = len(found), found.offset
            return
        with path.open("xb") as file:
            self._write_header(file)
            self._start = file.tell()  # of the rows

    def __len__(self) -> int:
        """Count the rows so far."""
        return self._count

    def append(self, rows: np.ndarray) -> None:
        """Add rows to the end."""
        with self._path.open("ab") as file:
            file.write(np.ascontiguousarray(rows, self._dtype).data)
        self._count += len(rows)

    def read(self, rows: np.ndarray | None = None) -> np.ndarray:
        """Return some rows, or all, as an array in memory."""
        if rows is None:
            whole = np.fromfile(self._path, self._dtype, offset=self._start)
            return whole.reshape(-1, *self._shape)
        shape = (self._count, *self._shape)
        return np.array(np.memmap(self._path, self._dtype, "r", self._start, shape)[rows])

    def chunks(self) -> Iterator[np.ndarray]:
        """Yield the rows so far, about 1 MiB at a time; pages of a map would count as memory."""
        size = self._dtype.itemsize * int(np.prod(self._shape))
        with self._path.open("rb") as file:
            file.seek(self._start)
            while chunk := file.read(max(1, CHUNK_BYTES // size) * size):
                yield np.frombuffer(chunk, self._dtype).reshape(-1, *self._shape)

    def remove(self, rows: np.ndarray) -> None:
        """Remove rows again, by their index."""
        kept, start = np.ones(self._count, bool), 0
        kept[rows] = False
        place = self._path.with_name(f"{self._path.name}.kept")
        with place.open("xb") as file:
            self._write_header(file)
            for chunk in self.chunks():
                file.write(chunk[kept[start : start + len(chunk)]].data)
                start += len(chunk)
        place.replace(self._path)
        self._count = int(kept.sum())

    def finish(self) -> None:
        """Write the number of rows into the header."""
        with self._path.open("r+b") as file:
            self._write_header(file)

    def _write_header(self, file: IO[bytes]) -> None:
        """Write the header as NumPy does, which pads it: its length is the same for any count."""
        shape = (self._count, *self._shape)
        header = {"descr": self._dtype.str, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
