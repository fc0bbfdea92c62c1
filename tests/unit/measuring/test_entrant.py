from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import chain
from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.racing import entrant, race
from benchmarks.racing.entrant import Job, Runner
from benchmarks.racing.race import Results


class Counted:
    """A training that counts."""

    def __init__(self, steps: Sequence[int], real: int | None = None) -> None:
        self.steps, self.real = steps, sum(steps) if real is None else real
        self.begun = self.validated = 0

    def images(self) -> int:
        return self.real

    def epoch(self) -> Iterator[int]:
        assert self.begun == self.validated, "the epoch before was not ended"
        self.begun += 1
        yield from self.steps

    def ended(self) -> None:
        self.validated += 1

    def accuracy(self) -> float:
        return 0.5


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=9),
    st.integers(1, 4),
    st.integers(1, 7),
)
def test_turns_together_are_all_epochs_however_they_are_cut(
    steps: list[int], epochs: int, rounds: int
) -> None:
    way = Counted(steps)
    runner = Runner(way, epochs)
    done = [runner.until(turn / rounds) for turn in range(1, rounds + 1)]
    assert sum(turn["images"] for turn in done) == epochs * sum(steps)
    assert all(turn["seconds"] >= 0 for turn in done)
    assert way.begun == way.validated == epochs


def test_a_turn_ends_at_its_share() -> None:
    runner = Runner(Counted([1] * 10), epochs=2)
    assert [runner.until(share)["images"] for share in (0.25, 0.5, 1)] == [5, 5, 10]


def test_a_way_that_leaves_images_out_is_no_measure() -> None:
    with pytest.raises(RuntimeError, match="before all of its images"):
        Runner(Counted([1, 2], real=4), epochs=2).until(1)


def test_it_answers_each_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entrant, "entered", lambda _: Counted([2, 2]))
    job = '{"job": {"way": "ours", "recipe": "digits", "root": "", "photos": null, "seed": 0, '
    orders = [job + '"epochs": 3, "limit": null}}', '{"until": 1}', '{"end": true}']
    answer = StringIO()
    entrant.serve(StringIO("\n".join(orders)), answer)
    first, second, third = answer.getvalue().splitlines()
    assert (first, third) == ('{"images": 4}', '{"accuracy": 0.5}')
    assert second.startswith('{"images": 12, "seconds": ')


def test_ratios_are_of_turns_that_followed_each_other() -> None:
    rates = {"usual": [10.0, 20.0], "ours": [30.0, 30.0], "fastai": [15.0, 10.0]}
    found = race.figures(Results(rates, {way: [0.5] for way in rates}))
    assert found["ratio"].values == (3.0, 1.5)
    assert found["fastai_ratio"].values == (2.0, 3.0)
    assert found["usual_speed"].told() == "15"
    assert found["ours_accuracy"].values == (0.5,)


def test_ways_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[tuple[str, str]]()

    class Recorder:
        def __init__(self, way: str) -> None:
            self.way = way

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            asked.append((self.way, "killed"))

        def ask(self, order: dict[str, object]) -> dict[str, float]:
            asked.append((self.way, next(iter(order))))
            return {"images": 8, "seconds": 2, "accuracy": 1}

    monkeypatch.setattr(race, "started", lambda job, _: Recorder(job.way))
    job = Job("ours", "digits", "", None, 0, 1, None)
    jobs = {"usual": job._replace(way="usual"), "ours": job}
    found = race.race(jobs, race.Plan(rounds=2, seeds=2), {}, lambda _: None)
    assert found.rates == {"usual": [4, 4, 4, 4], "ours": [4, 4, 4, 4]}
    assert found.accuracies == {"usual": [1, 1], "ours": [1, 1]}
    turn = [("usual", "until"), ("ours", "until")]
    end = [("usual", "end"), ("ours", "end"), ("ours", "killed"), ("usual", "killed")]
    assert asked == [*chain(turn, turn, end, turn, turn, end)]
