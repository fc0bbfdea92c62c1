"""Event files of TensorBoard.

They are written at once, not by a thread as with torch's SummaryWriter, whose errors cannot be
caught.
"""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from time import time, time_ns
from typing import Any, Literal, NamedTuple, TypeAlias

MARK = "events.out.tfevents."  # begins the names of the files, which are read in their order
Run: TypeAlias = Literal["train", "val", "."]  # curves of one name in several runs share a chart


class Panel(NamedTuple):
    """One entry of a log."""

    run: Run
    content: dict[str, Any]  # a field of TensorBoard's Event, and its value


class Events:
    """The event files of a training: one a run, in folders of their names."""

    def __init__(self, folder: Path, done: int) -> None:
        """Go on after `done` epochs; after none, empty the folder.

        Raises:
            OSError: it cannot be emptied.
        """
        self._folder, self._done = folder, done
        self._files = dict[Run, Any]()
        if not done:
            for old in folder.rglob(f"{MARK}*"):
                old.unlink()

    def write(self, panels: Iterable[Panel], epoch: int) -> None:
        """Write the entries of an epoch.

        Raises:
            OSError: the disk is full, or the folder cannot be written.
        """
        for run, content in panels:
            if run not in self._files:
                self._begin(run)
            self._put(run, step=epoch, **content)
        for file in self._files.values():
            file.flush()

    def close(self) -> None:
        """Close the files, which are complete after each `write` that succeeded."""
        for file in self._files.values():
            with suppress(OSError):
                file.close()

    def _begin(self, run: Run) -> None:
        from tensorboard.compat.proto.event_pb2 import SessionLog  # noqa: PLC0415
        from tensorboard.summary.writer.record_writer import RecordWriter  # noqa: PLC0415

        place = self._folder / run / f"{MARK}{time_ns()}"
        place.parent.mkdir(parents=True, exist_ok=True)
        self._files[run] = RecordWriter(place.open("xb"))
        self._put(run, file_version="brain.Event:2")
        # TensorBoard drops what a killed training wrote of later epochs.
        self._put(run, step=self._done + 1, session_log=SessionLog(status=SessionLog.START))

    def _put(self, run: Run, **content: object) -> None:
        from tensorboard.compat.proto.event_pb2 import Event  # noqa: PLC0415

        self._files[run].write(Event(wall_time=time(), **content).SerializeToString())
