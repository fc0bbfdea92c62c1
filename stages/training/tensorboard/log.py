"""The TensorBoard log of a training, under runs/; `reprise board` opens it.

It is no output of the stage: times are in the names and bytes of its files.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import Field
from torch import nn

from stages.artifacts.history import Epoch
from stages.batches import Resident
from stages.params import Params
from stages.progress import say
from stages.training.accumulation import Images
from stages.training.tensorboard import panels
from stages.training.tensorboard.events import Events, Panel
from stages.training.tensorboard.first_layers import Uncompiled
from stages.training.tensorboard.panels import Logits

FOLDER = Path("runs")


class Board(Params):
    """Parameters of TensorBoard; they do not change the result."""

    board: bool = Field(description="write curves and pictures for TensorBoard under runs/")


class Log:
    """The log of a training; without a folder it costs nothing: panels are generators."""

    def __init__(self, folder: Path | None, done: int) -> None:
        """Go on after `done` epochs; without a folder, write nothing."""
        self._folder, self._done, self._epoch = folder, done, done
        self._events: Events | None = None

    def start(self, whole: nn.Module, images: Images) -> None:
        """Log an augmented batch, and the graph from pixels [B, H, W, C] to logits."""
        if not self._done:
            self._write(panels.batch(images))
            self._write(panels.graph(whole, images))

    def epoch(self, epoch: Epoch, network: nn.Module, speed: float) -> None:
        """Log an epoch's scores, the weights after it, and its speed in images a second."""
        self._epoch = epoch.epoch
        self._write(panels.curves(epoch, speed))
        self._write(panels.weights(network))

    def maps(self, parts: Uncompiled, images: Images, when: str) -> None:
        """Log what the first layers make of images; `when` says of which weights."""
        self._write(panels.maps(parts, images, when))

    def mistakes(self, logits: Logits, held_out: Resident, classes: Sequence[str]) -> None:
        """Log the images that these logits misclassify most confidently."""
        self._write(panels.mistakes(logits, held_out, classes))

    def finish(self, params: Params, best: Epoch) -> None:
        """Log the parameters and the best scores, for the table of all runs."""
        self._write(panels.parameters(params, best))

    def close(self) -> None:
        """Close the files."""
        if self._events:
            self._events.close()

    def _write(self, entries: Iterable[Panel]) -> None:
        """Write entries; a disk that fails costs the rest of the log, and nothing else."""
        if self._folder is None:
            return
        try:
            self._events = self._events or Events(self._folder, self._done)
            self._events.write(entries, self._epoch)
        except OSError as error:
            reason = error.strerror or error
            say(
                f"{self._folder}: cannot be written ({reason}); TensorBoard will not show the rest",
                file=sys.stderr,
            )
            self._folder = None


@contextmanager
def opened(params: Board, key: str, done: int) -> Iterator[Log]:
    """Yield the log of the training of a key, which goes on after `done` epochs."""
    log = Log(folder(key) if params.board else None, done)
    try:
        yield log
    finally:
        log.close()


def folder(key: str) -> Path:
    """Return where the training of a key is logged: under the name of its experiment."""
    # In `dvc exp run --temp` the stage runs in a folder that is deleted; this is the original.
    root = Path(os.environ.get("DVC_ROOT", "."))
    name = os.environ.get("DVC_EXP_NAME") or "train"
    return root / FOLDER / f"{name.replace(os.sep, '-')}-{key[:8]}"
