"""The words for how far a training is, and for how it ended."""

from stages.artifacts.classifier import Card
from stages.progress import Progress
from stages.status_line import figure
from stages.training.early_stopping import best_index, should_stop
from stages.training.loop import Update
from stages.training.setup import Training
from stages.training.state import Learner

NAMES = {"accuracy": "acc", "loss": "loss"}  # as short as a terminal of 80 columns needs


def begun(bar: Progress, learner: Learner, params: Training) -> Progress:
    """Return the bar, at the epoch at which a training begins or goes on."""
    # Killed behind the last one, none is left.
    number = min(len(learner.history) + 1, params.epochs)
    bar.note(heading=f"epoch {number:,} of {params.epochs:,}")
    return bar


def show(bar: Progress, update: Update, learner: Learner, params: Training) -> None:
    """Show epoch, loss and best score; before anything was validated, there is none."""
    epochs = learner.history
    number = len(epochs) + (not update.ended)
    figures = [f"loss {figure(update.tally.loss)}"]
    if epochs:
        best = epochs[best_index(epochs, params)]
        score = best.val_loss if params.best == "loss" else best.val_accuracy
        figures.append(f"best val {NAMES[params.best]} {figure(score)}")
    images = (bar.total or 0) // params.epochs  # of an epoch
    bar.note(
        *figures,
        heading=f"epoch {number:,} of {params.epochs:,}",
        extra=f"{update.tally.images:,} of {images:,} images",
    )


def summary(learner: Learner, card: Card, params: Training) -> list[str]:
    """Return what the training led to."""
    epochs = learner.history
    kept = epochs[best_index(epochs, params)]
    fitted = f"{card.temperature:g}, " if card.temperature != 1 else ""  # else the reason says it
    lines = list[str]()
    if len(epochs) < params.epochs and should_stop(epochs, params):
        lines.append(
            f"stopped early, after epoch {len(epochs):,} of {params.epochs:,}: none of the last "
            f"{params.patience:,} was better (train.patience)"
        )
    lines.append(
        f"kept epoch {kept.epoch:,} of {len(epochs):,}: val accuracy {figure(kept.val_accuracy)}, "
        f"val loss {figure(kept.val_loss)}"
    )
    return [*lines, f"calibration temperature {fitted}{card.calibration}"]
