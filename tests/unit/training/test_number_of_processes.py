import os

import pytest
from learning import DATA, begun, same, settings, stored
from together import together

from stages import workers
from stages.training import trial
from stages.training.step import Step
from stages.world import World

PARAMS = settings(network="mlp", batch_size=4, accumulate=4, dropout=0.2, hidden=(3,))


@pytest.fixture(autouse=True)
def cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {*range(8)})
    for variable in [name for name in os.environ if name.startswith("PET_")]:
        monkeypatch.delenv(variable)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return with how many processes the stage was started again."""
    counts = list[int]()
    monkeypatch.setattr(workers, "start_again", counts.append)
    return counts


def test_a_short_training_stays_in_one_process(started: list[int]) -> None:
    step = begun(PARAMS)
    before = stored(step.learner.state_dict())
    assert trial.share(step, DATA, PARAMS, threads=1)
    assert not started
    assert same(stored(step.learner.state_dict()), before)


def test_a_long_one_is_started_again(started: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "WORTH", 0.0)
    step = begun(PARAMS)
    trial.share(step, DATA, PARAMS, threads=3)
    assert started == [2]
    trial.share(step, DATA, PARAMS, threads=8)
    trial.share(step, DATA, settings(network="mlp", accumulate=1), threads=1)
    monkeypatch.setenv("PET_NPROC_PER_NODE", "1")
    trial.share(step, DATA, PARAMS, threads=1)
    assert started == [2]


@pytest.mark.parametrize(("exchange", "sizes"), [(0.0, [2, 2]), (1e9, [1, 1])])
def test_processes_go_on_together_where_that_is_faster(
    exchange: float, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A batch takes a second in one process or in several; the exchange as long as the case says.
    monkeypatch.setattr(Step, "try_exchange", lambda _: None)
    monkeypatch.setenv("REPRISE_PROCESSES", "2")
    times = iter([1.0, 1.0, exchange])
    monkeypatch.setattr(trial, "_median", lambda _: next(times))

    def tried(world: World) -> tuple[bool, int]:
        if world.rank:
            next(times)  # which only the first measures
        step = begun(PARAMS)
        step.join(world)
        return trial.share(step, DATA, PARAMS, threads=1), step.world.size

    found = together(2, tried)
    assert [size for _, size in found] == sizes
    assert [goes_on for goes_on, _ in found] == [True, sizes[1] == 2]
