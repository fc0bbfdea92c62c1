"""fastai's Learner: its data loader, its training loop, its Adam or SGD; network and weights ours.

The learning rate is the recipe's, without a schedule; images are transformed as in the usual loop.
"""

from collections.abc import Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from queue import Queue
from threading import Semaphore, Thread
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
        """Train an epoch; `fit`, in a thread of its own, waits until its next batch is due."""
        turn = Turn(self._basics)
        thread = Thread(target=self._fit, args=(turn,), daemon=True)
        thread.start()
        left = self._count
        while left:
            turn.due.release()
            if not (images := turn.done.get()):
                raise RuntimeError("fastai's loop ended before its epoch did")
            left -= images
            yield images
        turn.due.release()
        thread.join()

    def _fit(self, turn: "Turn") -> None:
        try:
            with self._learner.no_bar(), self._learner.no_logging():
                self._learner.fit(1, cbs=turn.callback)
        finally:
            turn.done.put(0)

    def ended(self) -> None:
        """Go on."""

    def accuracy(self) -> float:
        """Return the share of test that is classified correctly."""
        return share_right(self._learner.model, self._test)


class Turn:
    """Has `fit` train batch by batch, each when it is due, and leave validation out."""

    def __init__(self, basics: Any) -> None:  # noqa: ANN401
        """Make the callback; after a batch, `done` has the number of its images."""
        self.due, self.done = Semaphore(0), Queue[int]()

        def wait(_: object) -> None:
            self.due.acquire()

        def tell(callback: Any) -> None:  # noqa: ANN401
            self.done.put(len(callback.learn.yb[0]))
            self.due.acquire()

        def cancel(_: object) -> None:
            raise basics.CancelValidException

        steps = {"before_epoch": wait, "after_batch": tell, "before_validate": cancel}
        self.callback = type("TurnTaking", (basics.Callback,), steps)()


def begin(job: Job) -> Fastai:
    """Return the way."""
    return Fastai(job)
