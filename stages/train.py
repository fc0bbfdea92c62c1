"""Train the network, and keep the weights of its best epoch.

reads    data/splits                     train and val
         models/source                   weights to start from, if a parameter names them
writes   models/classifier.safetensors   the epoch of the highest validation score
         metrics/history.csv             one row an epoch
"""

from collections.abc import Iterator
from time import monotonic

from tqdm import tqdm

from stages import launch, runtime
from stages.artifacts import agreement, classifier, history, splits
from stages.batches import Resident, to_device
from stages.progress import Progress
from stages.runtime import Runtime
from stages.training import checkpoint
from stages.training.checkpoint import CheckpointStore
from stages.training.early_stopping import Stopping, best, stalled
from stages.training.loop import Pass, fit
from stages.training.sampling import START, dry, material, remaining
from stages.training.setup import Assembly, assemble, describe, finish
from stages.training.state import DivergedError, Learner
from stages.training.step import Step
from stages.training.tensorboard import log
from stages.training.tensorboard.log import Board


class Train(Assembly, Stopping, Board, Runtime):
    """Section `train` of params.yaml: flat, so that `-S train.lr=0.001` is all a user types."""


def train(step: Step, data: Resident, held_out: Resident, params: Train) -> Iterator[Pass]:
    """Learn from the data; judge each epoch by the held-out images, and keep the best weights.

    Raises:
        DivergedError: a loss is no finite number in the first epoch; later, training stops.
        UserError: the device has too little memory for the batch size.
    """
    history = step.learner.history
    if stalled(history, params):  # killed after the last epoch
        return
    try:
        for passed in fit(step, data, params):
            if passed.ended:
                step.learner.record(step.judge(held_out), passed.tally, params)
            yield passed
            if passed.ended and stalled(history, params):
                return
    except DivergedError as error:
        if not history:
            raise
        tqdm.write(f"{error}; training ends here, and the best epoch before counts")


def watch(passes: Iterator[Pass], left: int, learner: Learner) -> Iterator[tuple[Pass, float]]:
    """Show how far a training has come; yield each pass with images a second of its epoch."""
    with Progress("train", left, "images") as progress:
        began, images = monotonic(), 0
        for passed in passes:
            images += passed.images
            progress.advance(passed.images)
            progress.note(f"loss {passed.tally.loss:.3f}, best val accuracy {learner.highest:.4f}")
            yield passed, images / (monotonic() - began)
            if passed.ended:
                began, images = monotonic(), 0


def main() -> None:
    """Run the stage."""
    params, meta = Train.load(), splits.read_meta()
    agreement.check(meta)
    interface = meta.interface
    parts = splits.read("train"), splits.read("val")
    device = runtime.start(params)
    data, held_out = (to_device(part, device) for part in parts)
    held_out, card = dry(held_out, params), describe(params, interface)
    step = assemble(params, card, data)
    learner, key = step.learner, checkpoint.key(params, step.whole, parts, device)
    store = CheckpointStore(params, key)
    store.load(learner)
    with log.opened(params, key, len(learner.history)) as board, store.interruptible():
        board.start(step.whole, next(material(data, params, learner.classes, START)).images)
        left = remaining(learner, len(data.labels), params)
        for passed, speed in watch(train(step, data, held_out, params), left, learner):
            if passed.ended:
                board.epoch(learner.history[-1], learner.network, speed)
            if passed.due:
                store.save(learner)
        made = finish(step, card, held_out)
        kept, epochs = learner.history[best(learner.history, params)], len(learner.history)
        board.mistakes(made.logits, held_out, interface.classes)
        board.finish(params, kept)
    classifier.write(made.classifier)
    history.write(learner.history)
    store.remove()
    fitted = made.classifier.card
    print(f"calibration temperature {fitted.temperature:g}, {fitted.calibration}")
    print(f"kept epoch {kept.epoch} of {epochs}: val accuracy {kept.val_accuracy:.4f}")


if __name__ == "__main__":
    launch.run(main)
