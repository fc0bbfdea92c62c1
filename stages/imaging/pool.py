"""Decode row groups in worker threads or processes."""

import os
import signal
import warnings
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import Annotated, ClassVar, Literal

import numpy as np
from jaxtyping import Bool
from pydantic import Field

from reprise.spec import Channels, InputSpec, Interpolation, Resize
from stages.artifacts.raw import Group
from stages.errors import UserError
from stages.imaging.row_group import DecodedGroup, decode_group
from stages.mistakes import Former
from stages.params import Params

# Images: below this, one process has decoded all by the time that another has started.
MIN_PROCESS_IMAGES = 5000
# Pixels: a convolutional network can see nothing in less, and no network holds more.
Side = Annotated[int, Field(ge=4, le=8192)]


class Decoding(Params):
    """Parameters of decoding and resizing."""

    former: ClassVar[Mapping[str, Former]] = {
        "size": Former("image_size", "DVC's run cache does not see a parameter called size")
    }

    image_size: tuple[Side, Side] = Field(description="height and width, in pixels")
    resize: Resize = Field(
        description="crop fits the shorter side and cuts the centre out, "
        "pad the longer, black around"
    )
    interpolation: Interpolation = Field(
        description="filter of resizing, antialiased but for nearest"
    )
    channels: Channels = Field(description="1: greyscale, 3: RGB")
    workers: Literal["auto"] | Annotated[int, Field(ge=1, le=256)] = Field(
        description="decoders at once, auto is one a core; changes the speed, never the result"
    )

    @property
    def spec(self) -> InputSpec:
        """Size and channels of the images of a network, and how others are resized."""
        return InputSpec(*self.image_size, self.channels, self.resize, self.interpolation)


def decode_groups(
    groups: Sequence[Group], params: Decoding, is_train: Bool[np.ndarray, " n"]
) -> Iterator[DecodedGroup]:
    """Yield every group decoded, in their order, while the next ones are being decoded.

    `is_train` says of every published image whether its pixels are counted.

    Raises:
        UserError: a file is damaged, or a worker was killed.
    """
    workers, spec, pending = _workers(params), params.spec, deque[Future[DecodedGroup]]()
    with warnings.catch_warnings(), _pool(workers, sum(group.size for group in groups)) as pool:
        try:
            for group in groups:
                pending.append(pool.submit(decode_group, group, spec, is_train[group.rows]))
                if len(pending) > 2 * workers:  # more would only fill memory
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        except BrokenProcessPool as error:
            raise UserError(
                "a process that decodes images was killed, perhaps for want of memory; "
                "set preprocess.workers to a lower number"
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def _workers(params: Decoding) -> int:
    """Return the number of workers; auto is the cores this process may use, which may be few."""
    return len(os.sched_getaffinity(0)) if params.workers == "auto" else params.workers


def _pool(workers: int, images: int) -> Executor:
    """Return threads for few images, processes for many.

    Photographs decode as fast in threads, since Pillow releases the interpreter's lock; of small
    images, processes decode twice as many on 2 cores, once they have started.
    """
    if workers == 1 or images < MIN_PROCESS_IMAGES:
        return ThreadPoolExecutor(workers, initializer=ignore_pillow_warnings)
    # Not a fork: that would copy the locks of pyarrow's and NumPy's threads, but not the threads.
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])  # import once what all workers need
    return ProcessPoolExecutor(workers, context, initializer=start_worker)


def start_worker() -> None:
    """Prepare a worker process: no warnings, Ctrl-C left to the stage, and an end with the stage.

    A stage that is killed cannot stop its workers. They would wait for work for ever, each holding
    the queue open for the others, and the fork server lives as long as one of them does.
    """
    ignore_pillow_warnings()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stage = parent_process()
    if stage is not None:
        Thread(target=_exit_after, args=(stage.sentinel,), daemon=True).start()


def ignore_pillow_warnings() -> None:
    """Silence Pillow: it has coped with the image, or `decode` refuses it."""
    warnings.filterwarnings("ignore", module="PIL")


def _exit_after(sentinel: int) -> None:
    """End this process at once when the one behind the sentinel has ended."""
    wait([sentinel])
    os._exit(1)  # not sys.exit: this is not the main thread, which may be decoding an image
