"""Which images each epoch trains on, in which order and batches."""

from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple

import numpy as np
import torch
from jaxtyping import Int64
from pydantic import Field, model_validator
from torch import Tensor

from stages.batches import Resident, batches
from stages.params import Epochs, Params, Seed
from stages.training.augmentation.augmenter import Augmentation, augmenter
from stages.training.augmentation.draws import Draws
from stages.training.augmentation.mixing import Mixed, mixer
from stages.training.state import Learner
from stages.training.step import Stepping


class Sampling(Params):
    """Parameters of the order."""

    sampling: Literal["shuffle", "balanced"] = Field(
        description="shuffle: every image once an epoch; balanced: every class equally often"
    )


def order(
    labels: Int64[Tensor, " n"], params: Sampling, seed: int, epoch: int
) -> Int64[Tensor, " n"]:
    """Return the indices of an epoch's images; they depend on (seed, epoch), not on other draws."""
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


Batches = Annotated[int, Field(ge=1, le=1_000_000)]


class Plan(Stepping, Sampling, Augmentation):
    """Parameters of what is learned."""

    seed: Seed = Field(description="initial weights, order and augmentation of the images")
    epochs: Epochs = Field(description="passes over the training split")
    limit_batches: Batches | None = Field(
        description="batches an epoch and of validation, for a dry run; null: all"
    )
    overfit_batches: Batches | None = Field(
        description="learn only these few, to see that the network can learn; null: all"
    )

    @model_validator(mode="after")
    def _one_limit(self) -> "Plan":
        if self.limit_batches and self.overfit_batches:
            raise ValueError(
                f"limit_batches is {self.limit_batches} and overfit_batches "
                f"{self.overfit_batches}, which exclude each other; set one to null"
            )
        return self


def epoch_size(count: int, params: Plan) -> int:
    """Return how many of `count` images an epoch goes through.

    An image that is left over as a batch of its own sits this epoch out: batch norm finds no
    variance in it. It is another one each time.
    """
    limit = params.limit_batches or params.overfit_batches
    size = min(count, limit * params.batch_size) if limit else count
    return size - (size % params.batch_size == 1 and size > 1)


def remaining(learner: Learner, count: int, params: Plan) -> int:
    """Return how many images `fit` will go through, counted again in every epoch."""
    whole = params.epochs - len(learner.history)
    return whole * epoch_size(count, params) - learner.tally.images


def dry(data: Resident, params: Plan) -> Resident:
    """Return the images by which a dry run is judged: as few as it learns from, else all."""
    most = params.limit_batches and params.limit_batches * params.batch_size
    return Resident(data.images[:most], data.labels[:most])


def chosen(labels: Int64[Tensor, " n"], params: Plan, epoch: int) -> Int64[Tensor, " m"]:
    """Return the indices of an epoch's images, in the order of learning."""
    size = epoch_size(len(labels), params)
    if not params.overfit_batches:
        return order(labels, params, params.seed, epoch)[:size]
    same = order(labels, params, params.seed, 0)[:size]
    return same[order(labels[same], params, params.seed, epoch)]


class Place(NamedTuple):
    """Where training stands."""

    epoch: int  # from 0
    steps: int  # done in that epoch


START = Place(0, 0)


def material(data: Resident, params: Plan, classes: int, place: Place) -> Iterator[Mixed]:
    """Yield what the remaining steps of an epoch learn from."""
    n, h, w, c = data.images.shape
    draws = Draws(params.seed, place.epoch, (n, h, w, c), data.labels.device)
    mix = mixer(params, draws, classes)
    rows = chosen(data.labels, params, place.epoch)[place.steps * params.images_a_step :]
    for batch in batches(data, rows, params.images_a_step, augmenter(params, draws)):
        yield mix(*batch)
