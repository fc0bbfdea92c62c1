"""Train the network, and keep the weights of its best epoch.

reads    data/splits                     train and val
         models/source                   weights to start from, if train.weights names them
writes   models/classifier.safetensors   the epoch of the best validation score
         metrics/history.csv             one row an epoch, whole after each of them
"""

from collections.abc import Iterator

from stages import launch, runtime, workers, world
from stages.artifacts import agreement, classifier, history, splits
from stages.batches import Resident
from stages.progress import say
from stages.training import checkpoint, monitor, replicas, setup, temperature, trial, wording
from stages.training.early_stopping import should_stop
from stages.training.features import Lesson, keep
from stages.training.loop import Update, stop_at_divergence, train_epoch
from stages.training.optimizer import is_frozen
from stages.training.step import Step


class Train(setup.Training, runtime.Runtime):
    """Section `train` of params.yaml: flat, so that `-S train.lr=0.001` is all a user types."""


def train(step: Step, data: Resident, val: Resident, params: Train) -> Iterator[Update]:
    """Train epoch by epoch, validate after each, and keep the weights of the best.

    Raises:
        UserError: the first epoch diverges, or the device has too little memory for a batch.
    """
    learner, images = step.learner, Lesson(step, data, val)
    kept = keep(images, params)
    with stop_at_divergence(learner):
        while len(learner.history) < params.epochs and not should_stop(learner.history, params):
            frozen = kept if is_frozen(params, len(learner.history)) else None
            lesson = frozen or images
            for update in train_epoch(lesson.step, lesson.train, params):
                if update.ended:
                    scores = lesson.step.validate(lesson.val)
                    learner.record(scores, update.tally, params)
                if update.due:
                    replicas.require_equal(learner, step.world)
                yield update


def record(step: Step) -> None:
    """Write the epochs so far; no classifier of another training stays beside them, as in DVC."""
    if step.world.writes and step.learner.history:
        classifier.remove()
        history.write(step.learner.history)


def main() -> None:
    """Run the stage."""
    params, meta = Train.load(), splits.read_meta()
    agreement.check(meta)
    workers.share(params, params.accumulate, "train.accumulate")
    here = world.join(runtime.start(params))
    parts = splits.read("train"), splits.read("val")
    step, card, data, val = setup.start(params, meta.interface, parts, here)
    store = checkpoint.resume(step, params, parts)
    if not trial.share(step, data, params, params.threads):
        return
    here = step.world
    with store.interruptible(), monitor.opened(step, (data, val), params, store.key) as shown:
        record(step)  # what a killed training has done is seen at once
        for update in train(step, data, val, params):
            if update.due and here.writes:
                store.save(step.learner)
            if update.ended:
                record(step)
            shown.update(update)  # last: who is told of an epoch finds it written
        fitted = temperature.calibrate(step, card, val)
        shown.finish(fitted.logits, meta.interface.classes)
    if here.writes:
        classifier.write(fitted.classifier)
        store.remove()
        say(*wording.summary(step.learner, fitted.classifier.card, params))
    here.leave()


if __name__ == "__main__":
    launch.run(main)
