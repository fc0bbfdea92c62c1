"""Sample the images of each epoch: their choice, order and batches."""

from collections.abc import Iterator
from itertools import islice, starmap
from math import ceil
from typing import Annotated, Literal, NamedTuple

import numpy as np
import torch
from jaxtyping import Int64
from pydantic import Field, model_validator
from torch import Tensor

from stages.batches import Resident, batches
from stages.params import Epochs, Params, Seed
from stages.training.accumulation import Work
from stages.training.augmentation.augmenter import Augmentation, augmenter, changes_images
from stages.training.augmentation.draws import Draws
from stages.training.augmentation.mixing import Mixed, mixer
from stages.training.state import Learner
from stages.training.step import Stepping
from stages.world import World

Batches = Annotated[int, Field(ge=1, le=1_000_000)]
SEEDS = 2**63  # as many torch knows


class Sampling(Params):
    """Parameters of the order."""

    sampling: Literal["shuffle", "balanced"] = Field(
        description="shuffle: every image once an epoch; balanced: every class equally often"
    )


class Batching(Stepping, Sampling, Augmentation):
    """Parameters of the batches of an epoch."""

    seed: Seed = Field(description="initial weights, order and augmentation of the images")
    epochs: Epochs = Field(description="passes over the training split")
    limit_batches: Batches | None = Field(
        description="batches an epoch and of validation, for a dry run; null: all"
    )
    overfit_batches: Batches | None = Field(
        description="train on only these few, to see that the network can learn; null: all"
    )

    @model_validator(mode="after")
    def _one_limit(self) -> "Batching":
        if self.limit_batches and self.overfit_batches:
            raise ValueError(
                f"limit_batches is {self.limit_batches} and overfit_batches "
                f"{self.overfit_batches}, which exclude each other; set one to null"
            )
        return self


class Start(NamedTuple):
    """Epoch and step at which batches begin."""

    epoch: int = 0
    step: int = 0  # within the epoch


class Sampler:
    """The batches of one process, of the images of a split."""

    def __init__(self, data: Resident, params: Batching, classes: int, world: World) -> None:
        """Take the split, and the processes that share the batches of each step."""
        self._data, self._params, self._classes = data, params, classes
        self._own = world.own(params.accumulate)

    def steps(self, start: Start) -> Iterator[Work]:
        """Yield the work of each step from `start` on; take all of one before the next."""
        params, first = self._params, self._own.start
        indices = epoch_indices(self._data.labels, params, start.epoch)
        mine = self._batches(self._owned(indices[start.step * params.images_a_step :]), start.epoch)
        seed = int(
            np.random.SeedSequence((params.seed, start.epoch)).generate_state(1, np.uint64)[0]
        )
        for step in range(start.step, ceil(len(indices) / params.images_a_step)):
            images = min(params.images_a_step, len(indices) - step * params.images_a_step)
            count = ceil(images / params.batch_size)
            owned = islice(mine, max(0, min(self._own.stop, count) - first))
            yield Work(owned, first, count, images, (seed + step * params.accumulate) % SEEDS)

    def _owned(self, indices: Int64[Tensor, " n"]) -> Int64[Tensor, " m"]:
        """Return the indices of this process's batches, of steps from the first on."""
        first, end = self._own.start, self._own.stop
        if end - first == self._params.accumulate:
            return indices
        batch = torch.arange(len(indices)) % self._params.images_a_step // self._params.batch_size
        return indices[(first <= batch) & (batch < end)]

    def _batches(self, indices: Int64[Tensor, " m"], epoch: int) -> Iterator[Mixed]:
        """Return batches of an epoch, augmented and mixed; only the last one may be smaller."""
        if not len(indices):
            return iter(())
        params, shape = self._params, (*self._data.images.shape,)
        draws = Draws(params.seed, epoch, shape, self._data.labels.device)
        transform = augmenter(params, draws) if changes_images(params, draws) else None
        augmented = batches(self._data, indices, params.batch_size, transform)
        return starmap(mixer(params, draws, self._classes), augmented)


def epoch_indices(labels: Int64[Tensor, " n"], params: Batching, epoch: int) -> Int64[Tensor, " m"]:
    """Return the indices of an epoch's images, in the order in which they are trained on."""
    size = epoch_size(len(labels), params)
    if not params.overfit_batches:
        return order(labels, params, params.seed, epoch)[:size]
    same = order(labels, params, params.seed, 0)[:size]
    return same[order(labels[same], params, params.seed, epoch)]


def epoch_size(count: int, params: Batching) -> int:
    """Return how many of `count` images an epoch goes through.

    An image that is left over as a batch of its own sits this epoch out: batch norm finds no
    variance in it. It is another one each time.
    """
    limit = params.limit_batches or params.overfit_batches
    size = min(count, limit * params.batch_size) if limit else count
    return size - (size % params.batch_size == 1 and size > 1)


def remaining_images(learner: Learner, count: int, params: Batching) -> int:
    """Return how many images are still to be trained on, counted again in every epoch."""
    whole = params.epochs - len(learner.history)
    return whole * epoch_size(count, params) - learner.tally.images


def limited(val: Resident, params: Batching) -> Resident:
    """Return the images that a dry run is validated on: as many as it trains on, else all."""
    most = params.limit_batches and params.limit_batches * params.batch_size
    return Resident(val.images[:most], val.labels[:most])


def order(
    labels: Int64[Tensor, " n"], params: Sampling, seed: int, epoch: int
) -> Int64[Tensor, " n"]:
    """Return the indices of all images in the order of (seed, epoch), whatever else was drawn."""
    rng = np.random.default_rng((seed, epoch))
    if params.sampling == "shuffle":
        return torch.from_numpy(rng.permutation(len(labels)))
    return torch.from_numpy(_balanced(labels.cpu().numpy(), rng))


def _balanced(labels: Int64[np.ndarray, " n"], rng: np.random.Generator) -> Int64[np.ndarray, " n"]:
    """Draw as many of every class; what does not divide goes to classes by lot.

    No image of a class comes again before all the others of the class have come.
    """
    starts = np.unique(np.sort(labels), return_index=True)[1]
    classes = np.split(np.argsort(labels, kind="stable"), starts[1:])
    quota, left = divmod(len(labels), len(classes))
    drawn = []
    for rows, lot in zip(classes, rng.permutation(len(classes)), strict=True):
        count = quota + (lot < left)
        deals = np.tile(rows, (-(-count // len(rows)), 1))
        drawn.append(rng.permuted(deals, axis=1).ravel()[:count])
    return rng.permutation(np.concatenate(drawn))
