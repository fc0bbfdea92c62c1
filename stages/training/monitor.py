"""Report a running training: a progress bar, TensorBoard, and a summary at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from stages.artifacts.classifier import Card
from stages.batches import Resident
from stages.progress import Progress
from stages.training.early_stopping import EarlyStopping, best_index
from stages.training.loop import Update
from stages.training.sampling import Sampler, Start, remaining_images
from stages.training.setup import Training
from stages.training.state import Learner
from stages.training.step import Step
from stages.training.tensorboard import log
from stages.training.tensorboard.log import Log
from stages.training.tensorboard.panels import Logits
from stages.world import World


class Monitor:
    """The reports of one training."""

    def __init__(self, learner: Learner, params: Training, bar: Progress, board: Log) -> None:
        self._learner, self._params, self._bar, self._board = learner, params, bar, board
        self._began, self._images = monotonic(), 0  # of the epoch, in this process

    def update(self, update: Update) -> None:
        """Advance the bar; at the end of an epoch, log its scores and its images a second."""
        highest = self._learner.highest
        self._images += update.images
        self._bar.advance(update.images)
        self._bar.note(f"loss {update.tally.loss:.3f}, best val accuracy {highest:.4f}")
        if update.ended:
            speed = self._images / (monotonic() - self._began)
            self._board.epoch(self._learner.history[-1], self._learner.network, speed)
            self._began, self._images = monotonic(), 0

    def finish(self, logits: Logits, val: Resident, classes: tuple[str, ...]) -> None:
        """Log the mistakes among the logits of val, and the scores of the best epoch."""
        best = self._learner.history[best_index(self._learner.history, self._params)]
        self._board.mistakes(logits, val, classes)
        self._board.finish(self._params, best)


@contextmanager
def opened(step: Step, data: Resident, params: Training, key: str) -> Iterator[Monitor]:
    """Yield the monitor of a training that begins or goes on; `key` names its log.

    Of several processes, only one that writes shows anything.
    """
    learner = step.learner
    left = remaining_images(learner, len(data.labels), params)
    shown = step.world.writes
    board_params = params if shown else params.model_copy(update={"board": False})
    with log.opened(board_params, key, len(learner.history)) as board:
        sampler = Sampler(data, params, learner.classes, World(data.labels.device))
        board.start(step.whole, next(iter(next(sampler.steps(Start())).batches))[0])
        with Progress("train", left, "images", shown=shown) as bar:
            yield Monitor(learner, params, bar, board)


def summary(learner: Learner, card: Card, params: EarlyStopping) -> str:
    """Return what the training led to, in two lines."""
    epochs = learner.history
    kept = epochs[best_index(epochs, params)]
    fitted = f"{card.temperature:g}, " if card.temperature != 1 else ""  # else the reason says it
    return (
        f"calibration temperature {fitted}{card.calibration}\n"
        f"kept epoch {kept.epoch} of {len(epochs)}: val accuracy {kept.val_accuracy:.4f}"
    )
