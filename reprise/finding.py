"""From what the command line names to the pictures it means, in an order that never changes."""

import os
from collections.abc import Callable, Iterable, Iterator
from glob import glob, has_magic
from io import BufferedReader
from pathlib import Path

from reprise.directory import Failure, Skipped, Source, pictures
from reprise.shortage import lacking

STDIN = "-"


def find(
    named: Iterable[str],
    open_stdin: Callable[[], BufferedReader],
    skipped: Skipped | None = None,
) -> Iterator[Source | Failure]:
    """Yield the pictures of files, folders, globs, and of standard input, one after the other.

    What folders hold besides is added to `skipped`.
    """
    skipped = skipped or Skipped()
    for name in named:
        yield from _streamed(open_stdin(), skipped) if name == STDIN else _named(name, skipped)


def _streamed(stdin: BufferedReader, skipped: Skipped) -> Iterator[Source | Failure]:
    """Yield the one picture that comes, or the files that are named line by line.

    A path holds no byte of value 0; the head of a picture does.
    """
    if b"\0" in stdin.peek(64)[:64]:
        yield Source(STDIN, stdin.read())
    else:
        for line in stdin:
            if name := os.fsdecode(line.rstrip(b"\r\n")):
                yield from _named(name, skipped)


def _named(name: str, skipped: Skipped) -> Iterator[Source | Failure]:
    path = Path(name)
    try:
        if name and path.is_dir():  # the path "" is that of this folder
            yield from pictures(path, skipped)
        elif has_magic(name) and not path.exists():
            yield from _matching(name)
        else:
            yield Source(name, path)
    except OSError as error:
        if lacking(error):
            raise
        yield Failure(name, error.strerror or str(error))


def _matching(pattern: str) -> Iterator[Source | Failure]:
    """Yield the files that a pattern matches; ** stands for any folders."""
    files = [name for name in sorted(glob(pattern, recursive=True)) if Path(name).is_file()]  # noqa: PTH207 - the pattern may be absolute
    if not files:
        yield Failure(pattern, "matches no file")
    for name in files:
        yield Source(name, Path(name))
