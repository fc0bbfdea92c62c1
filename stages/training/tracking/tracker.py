"""Send the epochs of a running training to a tracker; the result does not depend on it.

A tracker that does not answer is asked again now and then, and told the rest when it does.
"""

import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import inf
from time import monotonic
from typing import Literal, NamedTuple

from pydantic import Field

from reprise.escaping import first_line
from stages import installing
from stages.address import public, scrubbed
from stages.artifacts.history import Epoch
from stages.errors import exhausted
from stages.params import Params
from stages.progress import say
from stages.training.tensorboard.log import folder
from stages.training.tracking import mlflow_run, wandb_run
from stages.training.tracking.deadline import Deadline
from stages.training.tracking.told import Ending, Told, TrackedRun, plain

PAUSE = 60.0  # seconds from a failure to the next attempt, which may take 5


class Tracking(Params):
    """Parameters of trackers; they do not change the result."""

    tracker: Literal["none", "mlflow", "wandb"] = Field(
        description="also tell a tracker of experiments, as docs/watching.md says"
    )


class Service(NamedTuple):
    """A tracker that can be chosen, by the name of its library."""

    connect: Callable[[Told], TrackedRun]
    address: Callable[[], str]  # with all that may be secret
    patience: float  # seconds that it may take to tell it something, beside its own limits


SERVICES = {
    "mlflow": Service(mlflow_run.connect, mlflow_run.address, 15.0),
    "wandb": Service(wandb_run.connect, wandb_run.address, 90.0),
}


class Tracker:
    """Sends the epochs of one training to a tracker; does nothing for `none`."""

    def __init__(self, name: str, told: Told) -> None:
        self._name, self._told, self._service = name, told, SERVICES.get(name)
        self._run: TrackedRun | None = None
        self._history: Sequence[Epoch] = ()
        self._best: Epoch | None = None
        self._deadline = Deadline(self._service.patience if self._service else 0.0)
        self._failed, self._again = False, -inf  # whether the last attempt has; when the next is

    def tell(self, history: Sequence[Epoch]) -> None:
        """Send the epochs that were not sent yet."""
        self._history = history
        self._attempt()

    def score(self, best: Epoch) -> None:
        """Note the scores of the epoch whose weights are kept, which are told at the end."""
        self._best = best

    def end(self, how: Ending) -> None:
        """Tell how the training ended; who interrupts it does not wait for what failed before."""
        if how == "FINISHED":
            self._again = -inf

        def last(run: TrackedRun) -> None:
            if self._best:
                run.score(self._best)
            run.end(how)

        self._attempt(last)
        if self._failed:
            _say(f"train.tracker: {self._name} was not told all; metrics/history.csv has it")

    def _attempt(self, work: Callable[[TrackedRun], None] = lambda _: None) -> None:
        """Send what is pending, then call `work`; skip it within the pause after a failure."""
        if not self._service or monotonic() < self._again:
            return
        service, history = self._service, self._history

        def send() -> None:
            run = self._run = self._run or service.connect(self._told)
            run.log([epoch for epoch in history if epoch.epoch > run.epochs])
            work(run)

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of a library, about itself
                self._deadline.call(send)
        except Exception as error:
            if exhausted(error):
                raise
            self._fail(error, self._service.address())
        else:
            if self._failed:
                _say(f"train.tracker: {self._name} answers again, and knows all epochs")
            self._failed = False

    def _fail(self, error: Exception, address: str) -> None:
        """Forget the run, as nobody knows how much of it was taken, and say so once."""
        self._run, self._again = None, monotonic() + PAUSE
        if not self._failed:
            place = f" at {public(address)}" if address else ""
            _say(
                f"train.tracker: {self._name}{place} fails ({scrubbed(_root(error), address)}); "
                "training goes on, and it is told the rest when it can be"
            )
        self._failed = True


@contextmanager
def opened(params: Tracking, key: str, history: Sequence[Epoch]) -> Iterator[Tracker]:
    """Yield the tracker of the training of a key, which goes on after the epochs of a history.

    Raises:
        UserError: its library is not installed.
    """
    require(params.tracker)
    place = folder(key)
    told = Told(key, place.name, plain(params), place.parent, len(history))
    tracker = Tracker(params.tracker, told)
    tracker.tell(history)
    try:
        yield tracker
    except BaseException as error:
        tracker.end("KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED")
        raise
    tracker.end("FINISHED")


def require(name: str) -> None:
    """Refuse a tracker whose library is absent.

    Raises:
        UserError: it is.
    """
    if name in SERVICES:
        installing.require(name, name, f"params.yaml: train.tracker {name}")


def _root(error: BaseException) -> str:
    """Return the first line of the first cause of an error: others repeat it in many words."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return first_line(error)


def _say(line: str) -> None:
    say(line, file=sys.stderr)
