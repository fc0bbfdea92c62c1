"""fastai's loop, of which the tests have a stand-in: it is installed by `make bench` alone."""

from types import SimpleNamespace

import pytest

from benchmarks.racing.fastai_way import Fastai, Turn


class StoppedError(Exception):
    """What fastai raises to leave validation out."""


class Learner:
    """Calls a callback as fastai's does."""

    def __init__(self, batches: list[int]) -> None:
        self.batches, self.trained = batches, list[int]()

    def no_bar(self) -> "Learner":
        return self

    no_logging = no_bar

    def __enter__(self) -> None:
        """Show no bar."""

    def __exit__(self, *_: object) -> None:
        """Show bars again."""

    def fit(self, epochs: int, cbs: SimpleNamespace) -> None:
        assert epochs == 1
        cbs.learn = self
        cbs.before_epoch()
        for size in self.batches:
            self.trained.append(size)
            self.yb = ([0] * size,)
            cbs.after_batch()
        with pytest.raises(StoppedError):
            cbs.before_validate()


BASICS = SimpleNamespace(Callback=type("Callback", (), {}), CancelValidException=StoppedError)


def made(batches: list[int], count: int) -> Fastai:
    way = Fastai.__new__(Fastai)
    way._basics, way._learner, way._count = BASICS, Learner(batches), count
    return way


def test_no_batch_is_trained_before_it_is_due() -> None:
    way = made([4, 4, 2], 10)
    steps = way.epoch()
    for number, size in enumerate([4, 4, 2], 1):
        assert next(steps) == size
        assert len(way._learner.trained) == number
    assert [*steps] == []
    assert [*way.epoch()] == [4, 4, 2]


def test_an_epoch_that_ends_early_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="ended before its epoch"):
        [*made([4], 10).epoch()]


def test_a_turn_has_what_fastai_calls() -> None:
    assert {"before_epoch", "after_batch", "before_validate"} <= {*dir(Turn(BASICS).callback)}
