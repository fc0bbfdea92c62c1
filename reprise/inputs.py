"""Find the pictures that the command line names, and decode them while the network predicts."""

import os
from codecs import BOM_UTF8
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image as Picture

from reprise import streams
from reprise.codecs import complaints
from reprise.codecs.undecodable import UndecodableError
from reprise.decoding import decode
from reprise.directory import Failure, Skipped, Source
from reprise.resizing import fit
from reprise.shortage import lacking
from reprise.sourcing.naming import USUAL, pictures_of
from reprise.sourcing.tabled import PictureColumns
from reprise.spec import InputSpec

STDIN = "-"
HELD = 2**28  # bytes of encoded pictures that wait, of those that an archive gives but once


class Loaded(NamedTuple):
    """A picture, decoded and resized to the input of a network."""

    name: str
    pixels: np.ndarray  # uint8 [H, W, C]
    label: str | None = None  # what it shows, where a table says so


def find(
    named: Iterable[str],
    open_stdin: Callable[[], BufferedReader],
    skipped: Skipped | None = None,
    columns: PictureColumns = USUAL,
) -> Iterator[Source | Failure]:
    """Yield the pictures of all that is named, and of standard input, in the order of `named`.

    Other files in folders and archives are added to `skipped`; `columns` are those of tables.
    """
    skipped = skipped or Skipped()
    for name in named:
        if name == STDIN:
            yield from _streamed(open_stdin(), skipped, columns)
        else:
            yield from pictures_of(name, skipped, columns)


def _streamed(
    stdin: BufferedReader, skipped: Skipped, columns: PictureColumns
) -> Iterator[Source | Failure]:
    """Yield the one picture whose bytes come, or those that are named, one a line.

    The two are told apart by a zero byte, which paths lack and the first bytes of pictures have.
    """
    if b"\0" in stdin.peek(64)[:64]:
        yield Source(STDIN, stdin.read())
    else:
        for number, line in enumerate(stdin):
            plain = line if number else line.removeprefix(BOM_UTF8)  # as some editors begin a file
            if name := os.fsdecode(plain.rstrip(b"\r\n")):
                yield from pictures_of(name, skipped, columns)


def load(source: Source, spec: InputSpec) -> Loaded | Failure:
    """Read, decode and resize a picture, as stage `preprocess` does.

    Raises:
        Exception: the machine lacks memory or the like, which is no failure of the picture.
    """
    try:
        if isinstance(source.data, Picture.Image):
            return Loaded(source.name, fit(source.data, spec), source.label)
        if not (data := _read(source.data)):
            return Failure(source.name, complaints.EMPTY)
        return Loaded(source.name, fit(decode(data, spec.channels), spec), source.label)
    except OSError as error:
        if lacking(error):
            raise
        return Failure(source.name, error.strerror or str(error))
    except (UndecodableError, ValueError) as error:  # ValueError: a path with a zero byte
        return Failure(source.name, str(error) or type(error).__name__)


def _read(data: Path | bytes | Callable[[], bytes]) -> bytes:
    if isinstance(data, Path):
        if streams.is_foreign(data):
            raise UndecodableError(streams.REASON)
        return data.read_bytes()
    return data if isinstance(data, bytes) else data()


def load_all(
    sources: Iterator[Source | Failure], spec: InputSpec, threads: int, ahead: int
) -> Iterator[Loaded | Failure]:
    """Yield the pictures in their order, while threads decode up to `ahead` more, or `HELD` bytes.

    Pillow releases the interpreter's lock while it decodes.
    """
    waiting, held = deque[tuple[int, Future[Loaded | Failure]]](), 0
    with ThreadPoolExecutor(threads) as pool:
        try:
            for source in sources:
                size = source.held if isinstance(source, Source) else 0
                waiting.append((size, pool.submit(partial(_load, source, spec))))
                held += size
                while len(waiting) > ahead or held > HELD:
                    size, loading = waiting.popleft()
                    held -= size
                    yield loading.result()
            while waiting:
                yield waiting.popleft()[1].result()
        finally:
            pool.shutdown(cancel_futures=True)


def _load(source: Source | Failure, spec: InputSpec) -> Loaded | Failure:
    return source if isinstance(source, Failure) else load(source, spec)
