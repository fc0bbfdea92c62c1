"""Decode row groups in worker threads or processes."""

import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path
from threading import Thread
from typing import Annotated, ClassVar, Literal, NamedTuple, ParamSpec, TypeVar

import numpy as np
from jaxtyping import Bool
from pydantic import Field

from reprise.capacity import cores
from reprise.spec import Channels, InputSpec, Interpolation, Resize
from stages import installing
from stages.artifacts.raw import RowGroup
from stages.errors import UserError
from stages.imaging.engine import SCHEDULER, Engine, in_order
from stages.imaging.row_group import DecodedGroup, decode_group, ignore_pillow_warnings
from stages.mistakes import Former
from stages.params import Params

# Images: below this, one process has decoded all by the time that another has started.
MIN_PROCESS_IMAGES = 5000
# Windows has no fork at all, and libraries of macOS may not be used after one.
START: Literal["forkserver", "spawn"] = "forkserver" if sys.platform == "linux" else "spawn"
MOST = 61 if sys.platform == "win32" else 256  # processes for which one can wait at once there
# Pixels: a convolutional network can see nothing in less, and no network holds more.
Side = Annotated[int, Field(ge=4, le=8192)]
T = TypeVar("T")
P = ParamSpec("P")


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
        description="decoders at once on this machine, auto is one a core; changes the speed, "
        "never the result"
    )

    @property
    def spec(self) -> InputSpec:
        """Size and channels of the images of a network, and how others are resized."""
        return InputSpec(*self.image_size, self.channels, self.resize, self.interpolation)


def decode_groups(
    groups: Sequence[RowGroup], params: Decoding, is_train: Bool[np.ndarray, " n"]
) -> Iterator[DecodedGroup]:
    """Yield every group decoded, in their order, while the next ones are being decoded.

    `is_train` says of every published image whether its pixels are counted.

    Raises:
        UserError: a file is damaged, or a worker was killed.
    """
    with started(groups, params) as engine:
        yield from decode_on(engine, groups, params, is_train)


def decode_on(
    engine: Engine, groups: Sequence[RowGroup], params: Decoding, is_train: Bool[np.ndarray, " n"]
) -> Iterator[DecodedGroup]:
    """Yield every group, decoded by an engine, in their order."""
    calls = ((engine.reachable(group), params.spec, is_train[group.rows]) for group in groups)
    yield from in_order(engine, (engine.submit(decode_group, *call) for call in calls))


@contextmanager
def started(groups: Sequence[RowGroup], params: Decoding) -> Iterator[Engine]:
    """Yield what decodes row groups; its end cancels what is not done.

    Raises:
        UserError: a file is damaged, or a worker was killed.
    """
    with warnings.catch_warnings(), _engine(groups, params) as engine:
        yield engine


def _engine(groups: Sequence[RowGroup], params: Decoding) -> AbstractContextManager[Engine]:
    """Return the cluster that the environment names, else threads or processes of this machine."""
    if address := os.environ.get(SCHEDULER):
        return _cluster(address, groups)
    return _here(_workers(params), sum(group.size for group in groups))


def _cluster(address: str, groups: Sequence[RowGroup]) -> AbstractContextManager[Engine]:
    """Return a cluster.

    Raises:
        UserError: Dask is not installed.
    """
    try:
        # Not at the top: it takes seconds, and few have it.
        from stages.imaging import scheduler  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise UserError(
            f"{SCHEDULER} is set, and Dask is not installed ({error}); unset it, or "
            f"{installing.remedy('cluster')}"
        ) from error
    return scheduler.connected(address, groups)


class _Here(NamedTuple):
    """Threads or processes of this machine, which read the files themselves."""

    executor: Executor
    workers: int

    def reachable(self, group: RowGroup) -> RowGroup:
        return group

    def reach(self, folder: Path) -> bool:
        return folder.is_dir()

    def submit(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        return self.executor.submit(function, *args, **kwargs)


@contextmanager
def _here(workers: int, images: int) -> Iterator[Engine]:
    """Yield this machine's workers.

    Raises:
        UserError: one was killed.
    """
    with _pool(workers, images) as pool:
        try:
            yield _Here(pool, workers)
        except BrokenProcessPool as error:
            raise UserError(
                "a process that decodes images was killed, perhaps for want of memory; "
                "set preprocess.workers to a lower number"
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def _workers(params: Decoding) -> int:
    """Return the number of workers; auto is one a core."""
    return cores() if params.workers == "auto" else params.workers


def _pool(workers: int, images: int) -> Executor:
    """Return threads for few images, processes for many.

    Photographs decode as fast in threads, since Pillow releases the interpreter's lock; of small
    images, processes decode twice as many on 2 cores, once they have started.
    """
    if workers == 1 or images < MIN_PROCESS_IMAGES:
        return ThreadPoolExecutor(workers, initializer=ignore_pillow_warnings)
    # Not a fork: that would copy the locks of pyarrow's and NumPy's threads, but not the threads.
    context = get_context(START)
    if START == "forkserver":
        context.set_forkserver_preload([__name__])  # import once what all workers need
    return ProcessPoolExecutor(min(workers, MOST), context, initializer=start_worker)


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


def _exit_after(sentinel: int) -> None:
    """End this process at once when the one behind the sentinel has ended."""
    wait([sentinel])
    os._exit(1)  # not sys.exit: this is not the main thread, which may be decoding an image
