"""fastai's Learner: its data loader, its training loop, its Adam or SGD; network and weights ours.

The learning rate is the recipe's, without a schedule; images are transformed as in the usual loop.
"""

from collections.abc import Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.data import Subset

from benchmarks.racing.entrant import Job
from benchmarks.racing.usual_way import Images, share_right
from stages.artifacts import classifier, splits
from stages.train import Train
from stages.training.setup import initial_card
from tools import recipe


class Fastai:
    """fastai's loop; its last epoch counts."""

    def __init__(self, job: Job) -> None:
        """Build the learner."""
        self._basics: Any = import_module("fastai.basics")  # in an environment of its own
        import_module("fastai.callback.progress")  # which gives learners `no_bar`
        params, root = recipe.section(job.recipe, Train), Path(job.root)
        if params.schedule != "constant":
            raise ValueError(f"recipe {job.recipe} has a schedule, which this does not follow")
        card = initial_card(params, splits.read_meta(root).interface)
        data, self._test = (Images(splits.read(of, root), card) for of in ("train", "test"))
        self._count = min(len(data), job.limit or len(data))
        torch.manual_seed(job.seed)
        first, size = Subset(data, range(self._count)), params.batch_size
        loader = self._basics.DataLoader(first, bs=size, shuffle=True, num_workers=0, device="cpu")
        sgd, adam = partial(self._basics.SGD, mom=params.momentum), self._basics.Adam
        self._learner = self._basics.Learner(
            self._basics.DataLoaders(loader, loader),
            classifier.build(card).network,
            loss_func=nn.CrossEntropyLoss(),
            opt_func={"sgd": sgd, "adam": adam}[params.optimizer],
            lr=params.lr,
            wd=params.weight_decay,
        )

    def images(self) -> int:
        """Return how many images an epoch has."""
        return self._count

    def epoch(self) -> Iterator[int]:
        """Train an epoch, at the end of which it yields; validation of any way is not timed."""
        with self._learner.no_bar(), self._learner.no_logging():
            self._learner.fit(1, cbs=unvalidated(self._basics))
        yield self._count

    def ended(self) -> None:
        """Go on."""

    def accuracy(self) -> float:
        """Return the share of test that is classified correctly."""
        return share_right(self._learner.model, self._test)


def unvalidated(basics: Any) -> Any:  # noqa: ANN401
    """Return a callback that leaves validation out."""

    def cancel(_: object) -> None:
        raise basics.CancelValidException

    return type("Unvalidated", (basics.Callback,), {"before_validate": cancel})()


def begin(job: Job) -> Fastai:
    """Return the way."""
    return Fastai(job)
