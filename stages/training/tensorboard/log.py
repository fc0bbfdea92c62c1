"""What TensorBoard is told of a training, written under runs/; `make board` opens it.

No output of the stage: times are in the names and bytes of these files.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import Field
from torch import nn
from tqdm import tqdm

from stages.artifacts.history import Epoch
from stages.batches import Resident
from stages.params import Params
from stages.training.step import Images
from stages.training.tensorboard import panels
from stages.training.tensorboard.events import Events, Panel
from stages.training.tensorboard.panels import Logits

FOLDER = Path("runs")


class Board(Params):
    """Parameters of TensorBoard; they do not change the result."""

    board: bool = Field(description="write curves and pictures for TensorBoard under runs/")


class Log:
    """What is told of a training; with nobody to tell, it costs nothing: panels are generators."""

    def __init__(self, folder: Path | None, done: int) -> None:
        """Go on after `done` epochs; without a folder, nobody listens."""
        self._folder, self._done, self._epoch = folder, done, done
        self._events: Events | None = None

    def start(self, whole: nn.Module, images: Images) -> None:
        """Show a batch as it is learned, and the graph from pixels [B, H, W, C] to logits."""
        if not self._done:
            self._tell(panels.batch(images))
            self._tell(panels.graph(whole, images))

    def epoch(self, epoch: Epoch, network: nn.Module, speed: float) -> None:
        """Show an epoch's scores, the weights after it, and its speed in images a second."""
        self._epoch = epoch.epoch
        self._tell(panels.curves(epoch, speed))
        self._tell(panels.weights(network))

    def mistakes(self, logits: Logits, held_out: Resident, classes: Sequence[str]) -> None:
        """Show the images that these logits misclassify most confidently."""
        self._tell(panels.mistakes(logits, held_out, classes))

    def finish(self, params: Params, best: Epoch) -> None:
        """Enter the parameters and what they led to in the table of all runs."""
        self._tell(panels.parameters(params, best))

    def close(self) -> None:
        """Let go of the files."""
        if self._events:
            self._events.close()

    def _tell(self, shown: Iterable[Panel]) -> None:
        """Write it; a disk that refuses costs the rest of the log, and nothing else."""
        if self._folder is None:
            return
        try:
            self._events = self._events or Events(self._folder, self._done)
            self._events.write(shown, self._epoch)
        except OSError as error:
            reason = error.strerror or error
            tqdm.write(
                f"{self._folder}: cannot be written ({reason}); TensorBoard will not show the rest",
                file=sys.stderr,
            )
            self._folder = None


@contextmanager
def opened(params: Board, key: str, done: int) -> Iterator[Log]:
    """Yield the log of a training, named by its key, that goes on after `done` epochs."""
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
