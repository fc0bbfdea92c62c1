"""The train stage's own loop, with all that the recipe says."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.racing.entrant import Job
from stages import runtime
from stages.artifacts import splits
from stages.batches import to_device
from stages.scores import score
from stages.train import Train
from stages.training import setup
from stages.training.loop import train_epoch
from stages.training.temperature import calibrate
from stages.world import World
from tools import recipe


def asked(job: Job) -> Train:
    """Return the parameters of the recipe, for so many epochs."""
    changes = {"seed": job.seed, "epochs": job.epochs}
    if job.limit:
        params = recipe.section(job.recipe, Train)
        changes["limit_batches"] = max(1, job.limit // params.images_a_step)
    return recipe.section(job.recipe, Train).model_copy(update=changes)


class Ours:
    """The stage's loop; the epoch that is best on val counts."""

    def __init__(self, job: Job) -> None:
        """Read the splits, and build network and optimizer as the stage does."""
        self._params, self._root = asked(job), Path(job.root)
        device = runtime.start(self._params)
        parts = splits.read("train", self._root), splits.read("val", self._root)
        interface = splits.read_meta(self._root).interface
        made = setup.start(self._params, interface, parts, World(device))
        self._step, self._card, self._train, self._val = made

    def images(self) -> int:
        """Return how many images an epoch has."""
        whole = len(self._train.labels)
        limit = self._params.limit_batches
        return min(whole, limit * self._params.images_a_step) if limit else whole

    def epoch(self) -> Iterator[int]:
        """Train an epoch."""
        for update in train_epoch(self._step, self._train, self._params):
            self._tally = update.tally
            yield update.images

    def ended(self) -> None:
        """Validate, and keep the weights if they are the best."""
        scores = self._step.validate(self._val)
        self._step.learner.record(scores, self._tally, self._params)

    def accuracy(self) -> float:
        """Return the share of test that is classified correctly, by the best epoch's weights."""
        made = calibrate(self._step, self._card, self._val).classifier
        device = self._train.labels.device
        test = to_device(splits.read("test", self._root), device)
        return score(made.whole().to(device), test, 256).accuracy


def begin(job: Job) -> Ours:
    """Return the way."""
    return Ours(job)
