"""Workers share the trials: each is carried out once, and what happens to one stops no other."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from optuna.trial import TrialState
from searched import design, opened, score

from stages.errors import UserError
from stages.progress import Progress
from tools.experimenting.beginning import Beginning
from tools.searching import crew
from tools.searching.attempt import Judge, Order
from tools.searching.claims import TABLE
from tools.searching.crew import Crew
from tools.searching.ending import Ending
from tools.searching.study import Opened

BEGUN = Beginning("a", "a", Path(), ())
Do = Callable[[Order, threading.Event], Ending]


class World:
    """What trials do here, and what was done."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.done, self.sent = folder, list[str](), list[str]()
        self.do: Do = lambda order, _: Ending("complete", score({**order.settings}))

    def work(self, at: Opened, jobs: int = 1) -> None:
        Crew(at, BEGUN, self.sent.append).work(jobs)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.chdir(tmp_path)
    made = World(tmp_path)

    class Place:
        def __init__(self, root: Path) -> None:
            self.root = root

        def hand_over(self, name: str) -> None:
            made.done.append(name)

    class Attempt:
        def __init__(self, _: Place, order: Order, __: Judge) -> None:
            self.order = order

        def run(self, _: int, stop: threading.Event) -> Ending:
            self.order.folder.mkdir(parents=True, exist_ok=True)
            (self.order.folder / "log").touch()
            return made.do(self.order, stop)

    @contextmanager
    def opened_(root: Path, _: Beginning) -> Iterator[Place]:
        yield Place(root)

    monkeypatch.setattr(crew, "Attempt", Attempt)
    monkeypatch.setattr(crew, "opened", opened_)
    monkeypatch.setattr(crew, "IDLE", 0.01)
    monkeypatch.setattr(crew, "BEAT", 0.2)
    return made


def number(order: Order) -> int:
    return int(order.name.rpartition("trial")[2])


def states(at: Opened) -> list[str]:
    return [trial.state.name for trial in at.trials()]


@pytest.mark.parametrize("jobs", [1, 3])
def test_every_trial_is_an_experiment(
    world: World, jobs: int, capsys: pytest.CaptureFixture[str]
) -> None:
    at = opened(world.folder, design(7))
    world.work(at, jobs)
    assert states(at) == ["COMPLETE"] * 7
    assert sorted(world.done) == sorted(world.sent) == [f"search-0a-trial{n}" for n in range(7)]
    assert [trial.user_attrs["experiment"] for trial in at.trials()] == sorted(world.done)
    said = capsys.readouterr().out
    assert "trial 0: val_accuracy 0.8167; params.yaml as it is" in said
    assert said.count("trial ") == 7
    assert not [*(world.folder / ".dvc/tmp/searching/search-0a").iterdir()]


def test_two_machines_share_a_study(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = design(12)
    opened(world.folder, wanted)
    (world.folder / "other").mkdir()
    both = [opened(world.folder, wanted)]
    monkeypatch.chdir(world.folder / "other")
    both.append(opened(world.folder, wanted))
    monkeypatch.chdir(world.folder)
    gate = threading.Barrier(2, timeout=60)

    def do(order: Order, _: threading.Event) -> Ending:
        if number(order) < 2:
            gate.wait()  # both are at work
        return Ending("complete", score({**order.settings}))

    world.do = do
    failures = list[Exception]()

    def work(at: Opened) -> None:
        try:
            slots(at, world)
        except Exception as error:  # noqa: BLE001 - of a thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(at,)) for at in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert sorted(world.done) == sorted(f"search-0a-trial{n}" for n in range(12))


def slots(at: Opened, world: World) -> None:
    """Work as `Crew.work` does, without the lock of the folder, which two threads share here."""
    made = Crew(at, BEGUN, world.sent.append)
    made._bar = Progress("search", 12, "trials", shown=False)
    made._slot(0, 0)


def test_a_trial_that_fails_is_told_and_the_study_goes_on(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.do = lambda order, _: (
        Ending("failed", reason="no memory")
        if number(order) in {0, 1, 3}
        else Ending("complete", 0.5)
    )
    at = opened(world.folder, design(5))
    world.work(at)
    assert states(at) == ["FAIL", "FAIL", "COMPLETE", "FAIL", "COMPLETE"]
    assert at.trials()[3].user_attrs == {"reason": "no memory"}
    assert "trial 3: failed: no memory; train.lr" in capsys.readouterr().out


def test_where_all_fail_it_stops_and_tries_them_again(world: World) -> None:
    world.do = lambda *_: Ending("failed", reason="the disk is full")
    at = opened(world.folder, design(9))
    with pytest.raises(UserError, match=r"the first 3 trials failed.*/trial2/log; when the reason"):
        world.work(at)
    assert not world.done
    assert at.left() == [*range(9)]
    world.do = lambda *_: Ending("complete", 0.5)
    world.work(opened(world.folder, design(9)))
    assert states(at) == ["COMPLETE"] * 9


def test_where_the_few_that_there_are_fail_it_ends(world: World) -> None:
    world.do = lambda *_: Ending("failed", reason="no")
    at = opened(world.folder, design(2))
    world.work(at)
    assert states(at) == ["FAIL", "FAIL"]


def test_who_is_killed_is_tried_once_more(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    tried = list[int]()

    def do(order: Order, _: threading.Event) -> Ending:
        tried.append(number(order))
        doomed = (number(order) == 1 and tried.count(1) < 2) or number(order) == 3
        reason = "was killed by signal 9"
        return Ending("killed", reason=reason) if doomed else Ending("complete", 0.5)

    world.do = do
    at = opened(world.folder, design(5))
    world.work(at)
    assert tried == [0, 1, 1, 2, 3, 3, 4]
    assert states(at) == ["COMPLETE", "COMPLETE", "COMPLETE", "FAIL", "COMPLETE"]
    said = capsys.readouterr().out
    assert "trial 1 was killed by signal 9 (is memory short?); it is tried once more" in said
    assert "trial 3: killed: was killed by signal 9; " in said


def test_ctrl_c_stops_what_is_at_work_and_it_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def do(order: Order, stop: threading.Event) -> Ending:
        if number(order) < 2:
            return Ending("complete", 0.5)
        return Ending("stopped" if stop.wait(60) else "failed")

    def interrupted(*_: object, **__: object) -> None:
        deadline = time.monotonic() + 60
        while len(world.done) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        raise KeyboardInterrupt

    world.do = do
    at = opened(world.folder, design(6))
    with monkeypatch.context() as patched:
        patched.setattr(crew, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt, match="the same command goes on"):
            world.work(at, 2)
    assert at.left() == [2, 3, 4, 5]
    world.do = lambda *_: Ending("complete", 0.5)
    world.work(opened(world.folder, design(6)))
    assert sorted(world.done) == sorted(f"search-0a-trial{n}" for n in range(6))


def test_a_trial_that_another_took_over_is_left_to_it(world: World) -> None:
    at = opened(world.folder, design(3))

    def do(order: Order, stop: threading.Event) -> Ending:
        if number(order) == 1 and not taken:
            taken.append(1)
            with at.claims._engine.begin() as connection:  # as if we had been still
                connection.execute(TABLE.update().values(holder="another"))
            assert stop.wait(60)
            trial, _ = at.begin(1)
            at.tell(trial, Ending("complete", 0.9), "theirs")
            return Ending("stopped")
        return Ending("complete", 0.5)

    taken = list[int]()
    world.do = do
    world.work(at)
    assert [trial.user_attrs["experiment"] for trial in at.trials()] == [
        "search-0a-trial0",
        "theirs",
        "search-0a-trial2",
    ]
    assert "search-0a-trial1" not in world.done


def test_what_a_killed_search_left_is_removed(world: World) -> None:
    left = world.folder / ".dvc/tmp/searching/search-0a"
    for name in ("trial0", "trial2"):
        (left / name).mkdir(parents=True)
    at = opened(world.folder, design(3))
    trial, _ = at.begin(0)
    at.tell(trial, Ending("complete", 0.5), "")
    kept = list[bool]()

    def do(order: Order, _: threading.Event) -> Ending:
        kept.append((left / "trial0").exists())
        return Ending("failed" if number(order) == 1 else "complete", 0.5)

    world.do = do
    world.work(at)
    assert kept == [False, False]
    assert {path.name for path in left.iterdir()} == {"trial1"}  # its log
    assert at.trials()[1].state == TrialState.FAIL


def test_what_is_no_fault_of_a_trial_stops_the_search_and_fails_none(world: World) -> None:
    at = opened(world.folder, design(6))

    def do(order: Order, _: threading.Event) -> Ending:
        if number(order):
            return Ending("broken", reason="No space left on device")
        return Ending("complete", 0.5)

    world.do = do
    with pytest.raises(UserError, match=r"trial 1 cannot run here: No space left .*trial1/log"):
        world.work(at)
    assert states(at) == ["COMPLETE", "RUNNING", *["WAITING"] * 4]
    world.do = lambda order, _: Ending("complete", score({**order.settings}))
    world.work(at)
    assert states(at) == ["COMPLETE"] * 6


def test_a_heart_that_stops_ends_the_search(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    at = opened(world.folder, design(2))

    def beat() -> None:
        raise UserError("the database is gone")

    def do(_: Order, stop: threading.Event) -> Ending:
        assert stop.wait(60)
        return Ending("stopped")

    monkeypatch.setattr(at.claims, "beat", beat)
    world.do = do
    with pytest.raises(UserError, match="the database is gone"):
        world.work(at)
    assert "COMPLETE" not in states(at)
