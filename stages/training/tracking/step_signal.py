"""The file by which the DVC extension of VS Code, and others, see that an epoch has ended.

It is that of DVCLive, in the repository from which an experiment was started, and is there while a
training runs: `{"pid": 123, "step": 4}`, where `step` is the last epoch in metrics/history.csv.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PATH = Path(".dvc/tmp/exps/run/DVCLIVE_STEP_COMPLETED")


class StepSignal:
    """The signal of one training; without a repository nothing is written."""

    def __init__(self, root: Path | None) -> None:
        self._path = root / PATH if root else None

    def give(self, epoch: int) -> None:
        """Write the number of the epoch that has ended; a failure to write is ignored."""
        if self._path:
            with suppress(OSError):
                self._path.parent.mkdir(parents=True, exist_ok=True)
                # In place, as DVCLive does: trainings that run side by side share the file.
                self._path.write_text(
                    json.dumps({"pid": os.getpid(), "step": epoch}), encoding="utf-8", newline="\n"
                )

    def remove(self) -> None:
        """Remove the file at the end of a training."""
        if self._path:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)


@contextmanager
def opened(*, shown: bool) -> Iterator[StepSignal]:
    """Yield the signal of a training; not `shown`, it is off."""
    signal = StepSignal(_root() if shown else None)
    try:
        yield signal
    finally:
        signal.remove()


def _root() -> Path | None:
    """Return the repository that an experiment was started from, or the one around this folder."""
    if told := os.environ.get("DVC_ROOT"):
        return Path(told)
    here = Path.cwd()
    return next((place for place in (here, *here.parents) if (place / ".dvc").is_dir()), None)
