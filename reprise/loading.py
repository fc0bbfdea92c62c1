"""From encoded pictures to pixels, decoded ahead of the network."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np

from reprise.decoding import decode
from reprise.directory import Failure, Source
from reprise.faults import UndecodableError
from reprise.resizing import fit
from reprise.shortage import lacking
from reprise.spec import InputSpec


class Loaded(NamedTuple):
    """A picture as the network sees it."""

    name: str
    pixels: np.ndarray  # uint8 [H, W, C]


def load(source: Source, spec: InputSpec) -> Loaded | Failure:
    """Read, decode and resize a picture, as stage `preprocess` does.

    What the machine lacks is raised as it is: it says nothing about the picture.
    """
    try:
        data = source.data if isinstance(source.data, bytes) else source.data.read_bytes()
        if not data:
            return Failure(source.name, "is empty (0 bytes)")
        return Loaded(source.name, fit(decode(data, spec.channels), spec))
    except OSError as error:
        if lacking(error):
            raise
        return Failure(source.name, error.strerror or str(error))
    except (UndecodableError, ValueError) as error:  # ValueError: of a path
        return Failure(source.name, str(error) or type(error).__name__)


def load_all(
    sources: Iterator[Source | Failure], spec: InputSpec, threads: int, ahead: int
) -> Iterator[Loaded | Failure]:
    """Yield the pictures in their order, while up to `ahead` more are being decoded.

    Threads do: Pillow gives up the interpreter's lock while it decodes.
    """
    waiting = deque[Future[Loaded | Failure]]()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for source in sources:
                waiting.append(pool.submit(partial(_load, source, spec)))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def _load(source: Source | Failure, spec: InputSpec) -> Loaded | Failure:
    return source if isinstance(source, Failure) else load(source, spec)
