"""Worker processes of the decoding, which end when the stage does, even if it is killed."""

import os
import signal
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import Annotated, Literal

import numpy as np
from jaxtyping import Bool
from pydantic import Field

from stages.artifacts.raw import Group
from stages.errors import UserError
from stages.imaging.row_group import DecodedGroup, Resizing, decode_group


def start_worker() -> None:
    """Prepare a process: to be quiet, to leave Ctrl-C to the stage, and to end with it.

    A stage that is killed tells nobody. Its decoders would wait for work for ever, each holding the
    queue open for the others, and the fork server lives as long as one of them does.
    """
    ignore_pillow_warnings()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stage = parent_process()
    if stage is not None:
        Thread(target=_end_after, args=(stage.sentinel,), daemon=True).start()


def ignore_pillow_warnings() -> None:
    """Ignore what Pillow warns of: it has coped, or `decode` refuses the image."""
    warnings.filterwarnings("ignore", module="PIL")


def _end_after(sentinel: int) -> None:
    """End this process at once when the one behind the sentinel has ended."""
    wait([sentinel])
    os._exit(1)  # not sys.exit: this is not the main thread, which may be in the midst of an image


MIN_PROCESS_IMAGES = (
    5000  # images: what one process decodes in the time that another takes to start
)


class Decoding(Resizing):
    """Parameters of the decoding."""

    workers: Literal["auto"] | Annotated[int, Field(ge=1, le=256)] = Field(
        description="decoders at once, auto is one a core; changes the speed, never the result"
    )


def decode_groups(
    groups: Sequence[Group], params: Decoding, counting: Bool[np.ndarray, " _"] | None = None
) -> Iterator[DecodedGroup]:
    """Yield the batch of every group, in their order, while the next ones are being decoded.

    `counting` says of every image of the groups whether its pixels count; without it, all do.

    Raises:
        UserError: a file is damaged, or a decoder was killed.
    """
    # The cores that this process may use, not all that the machine has.
    number = len(os.sched_getaffinity(0)) if params.workers == "auto" else params.workers
    waiting = deque[Future[DecodedGroup]]()
    with warnings.catch_warnings(), _pool(number, sum(group.size for group in groups)) as pool:
        try:
            for group, here in zip(groups, _slices(groups), strict=True):
                counted = None if counting is None else counting[here]
                waiting.append(pool.submit(decode_group, group, params, counted))
                if len(waiting) > 2 * number:  # more would only fill memory
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


def _pool(number: int, images: int) -> Executor:
    """Return threads for few images, processes for many.

    Photographs decode as fast in threads, for Pillow gives up the interpreter's lock; of small
    images, processes decode twice as many on 2 cores, once they have started.
    """
    if number == 1 or images < MIN_PROCESS_IMAGES:
        return ThreadPoolExecutor(number, initializer=ignore_pillow_warnings)
    # Not a fork: that would copy the locks of pyarrow's and NumPy's threads, but not the threads.
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])  # what all of them need is imported once
    return ProcessPoolExecutor(number, context, initializer=start_worker)
