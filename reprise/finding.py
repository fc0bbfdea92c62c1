"""From what the command line names to the pictures it means, in an order that never changes."""

import os
from collections.abc import Callable, Iterable, Iterator
from glob import glob, has_magic
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

STDIN = "-"
# Of the formats that Pillow decodes. In folders there are other files, too.
SUFFIXES = {
    ".avif", ".bmp", ".gif", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png",
    ".pnm", ".ppm", ".tga", ".tif", ".tiff", ".webp",
}  # fmt: skip


class Source(NamedTuple):
    """A picture that is still encoded."""

    name: str
    data: Path | bytes


class Failure(NamedTuple):
    """What could not be predicted."""

    name: str
    reason: str


def find(
    named: Iterable[str], open_stdin: Callable[[], BufferedReader]
) -> Iterator[Source | Failure]:
    """Yield the pictures of files, folders, globs, and of standard input, one after the other."""
    for name in named:
        yield from _streamed(open_stdin()) if name == STDIN else _named(name)


def _streamed(stdin: BufferedReader) -> Iterator[Source | Failure]:
    """Yield the one picture that comes, or the files that are named line by line.

    A path holds no byte of value 0; the head of a picture does.
    """
    if b"\0" in stdin.peek(64)[:64]:
        yield Source(STDIN, stdin.read())
    else:
        for line in stdin:
            if name := os.fsdecode(line.rstrip(b"\r\n")):
                yield from _named(name)


def _named(name: str) -> Iterator[Source | Failure]:
    path = Path(name)
    try:
        if name and path.is_dir():  # the path "" is that of this folder
            yield from _in_folder(path)
        elif has_magic(name) and not path.exists():
            yield from _matching(name)
        else:
            yield Source(name, path)
    except OSError as error:
        yield Failure(name, error.strerror or str(error))


def _in_folder(folder: Path) -> Iterator[Source | Failure]:
    found = _walk(folder, frozenset({folder.resolve()}))
    first = next(found, None)
    yield first or Failure(str(folder), "holds no file with the suffix of an image")
    yield from found


def _walk(folder: Path, above: frozenset[Path]) -> Iterator[Source | Failure]:
    """Yield what is in a folder and below, but for hidden files; `above` are the ones entered."""
    try:
        for entry in sorted(folder.iterdir()):
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                real = entry.resolve()
                # A link to a folder that it is in leads to nothing new.
                yield from () if real in above else _walk(entry, above | {real})
            elif entry.suffix.lower() in SUFFIXES:
                yield Source(str(entry), entry)
    except OSError as error:
        yield Failure(str(folder), error.strerror or str(error))


def _matching(pattern: str) -> Iterator[Source | Failure]:
    """Yield the files that a pattern matches; ** stands for any folders."""
    files = [name for name in sorted(glob(pattern, recursive=True)) if Path(name).is_file()]  # noqa: PTH207 - the pattern may be absolute
    if not files:
        yield Failure(pattern, "matches no file")
    for name in files:
        yield Source(name, Path(name))
