"""Decoding on every core; what comes out does not depend on how many there are."""

import os
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Annotated, Literal, NamedTuple
from zlib import crc32

import numpy as np
from jaxtyping import Bool, Int64, UInt8, UInt32
from pydantic import Field

from reprise.decoding import UndecodableError, decode
from stages.artifacts.raw import Group
from stages.errors import UserError
from stages.imaging.normalization import histogram
from stages.imaging.resizing import Pixels, fit

MANY = 5000  # images: what one process decodes in the time that another takes to start


class Decoding(Pixels):
    """Parameters of the decoding."""

    workers: Literal["auto"] | Annotated[int, Field(ge=1, le=256)] = Field(
        description="decoders at once, auto is one a core; changes the speed, never the result"
    )


class Batch(NamedTuple):
    """What became of the n images of a row group, of which m could be decoded."""

    images: UInt8[np.ndarray, "m h w c"]
    paths: list[str]  # of these m, in the source
    checksums: UInt32[np.ndarray, " m"]  # of the pixels, as resized
    sizes: Int64[np.ndarray, "m 2"]  # height and width as published, in pixels
    decoded: Bool[np.ndarray, " n"]
    failures: list[tuple[str, str]]  # path and reason
    counts: Int64[np.ndarray, "c 256"]  # the histogram of those that count


def decode_all(
    groups: Sequence[Group], params: Decoding, counting: Bool[np.ndarray, " _"] | None = None
) -> Iterator[Batch]:
    """Yield the batch of every group, in their order, while the next ones are being decoded.

    `counting` says of every image of the groups whether its pixels count; without it, all do.

    Raises:
        UserError: a file is damaged, or a decoder was killed.
    """
    # The cores that this process may use, not all that the machine has.
    workers = len(os.sched_getaffinity(0)) if params.workers == "auto" else params.workers
    waiting = deque[Future[Batch]]()
    with warnings.catch_warnings(), _pool(workers, sum(group.size for group in groups)) as pool:
        try:
            for group, here in zip(groups, _slices(groups), strict=True):
                counted = None if counting is None else counting[here]
                waiting.append(pool.submit(decode_group, group, params, counted))
                if len(waiting) > 2 * workers:  # more would only fill memory
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise UserError(
                "a process that decodes images was killed, perhaps for want of memory; "
                "set preprocess.workers to a lower number"
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def _slices(groups: Sequence[Group]) -> Iterator[slice]:
    """Yield where the images of each group are among the images of all."""
    start = 0
    for group in groups:
        yield slice(start, start := start + group.size)


def _pool(workers: int, images: int) -> Executor:
    """Return threads for few images, processes for many.

    Photographs decode as fast in threads, for Pillow gives up the interpreter's lock; of small
    images, processes decode twice as many on 2 cores, once they have started.
    """
    if workers == 1 or images < MANY:
        return ThreadPoolExecutor(workers, initializer=_calm)
    # Not a fork: that would copy the locks of pyarrow's and NumPy's threads, but not the threads.
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])  # what all of them need is imported once
    return ProcessPoolExecutor(workers, context, initializer=_calm)


def _calm() -> None:
    """Ignore what Pillow warns of: it has coped, or `decode` refuses the image."""
    warnings.filterwarnings("ignore", module="PIL")


def decode_group(
    group: Group, params: Pixels, counting: Bool[np.ndarray, " _"] | None = None
) -> Batch:
    """Decode and resize the images of one group, and count the pixels of those that count."""
    published = group.images()
    images = np.empty((len(published), *params.image_size, params.channels), np.uint8)
    sizes, failures, done = list[tuple[int, int]](), list[tuple[str, str]](), 0
    decoded = np.zeros(len(published), bool)
    for index, image in enumerate(published):
        try:
            picture = decode(image.data, params.channels)
            images[done] = fit(picture, params)
        except UndecodableError as error:
            failures.append((image.path, str(error)))
            continue
        sizes.append((picture.height, picture.width))
        decoded[index] = True
        done += 1
    images = images[:done]
    # A first look only, but ten times as fast as a hash to rely on: `originals` takes the second.
    checksums = [crc32(image.data) for image in images]
    return Batch(
        images,
        [image.path for image, good in zip(published, decoded, strict=True) if good],
        np.array(checksums, np.uint32),
        np.array(sizes, np.int64).reshape(-1, 2),
        decoded,
        failures,
        histogram(images if counting is None else images[counting[decoded]]),
    )
