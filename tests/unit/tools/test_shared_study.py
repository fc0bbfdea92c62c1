"""Two machines and one PostgreSQL: no trial twice, none lost, though the database is killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import postgres
import pytest
from optuna.trial import FrozenTrial, TrialState
from postgres import Postgres
from searched import design

from tools.searching import storage, study

pytestmark = pytest.mark.skipif(postgres.BIN is None, reason="postgresql is not installed")
TRIALS = 12
# A machine whose trials take a moment, and are no experiments of DVC.
MACHINE = f"""
import sys, time
from contextlib import contextmanager
from pathlib import Path
from searched import design, score
from tools.experimenting.beginning import Beginning
from tools.searching import claims, crew, outage, storage, study
from tools.searching.ending import Ending

class Place:
    def hand_over(self, name): pass

class Attempt:
    def __init__(self, place, order, judge):
        self.order, self.judge = order, judge
    def run(self, lock, stop):
        found = score({{**self.order.settings}})
        for epoch in (1, 2, 3):
            if stop.wait(0.1):
                return Ending("stopped")
            self.judge(epoch, found * epoch / 3)
        with Path("done").open("a") as file:
            print(self.order.name, file=file)
        return Ending("complete", found)

@contextmanager
def opened(root, begun):
    yield Place()

crew.Attempt, crew.opened, crew.IDLE, crew.BEAT, outage.PAUSE = Attempt, opened, 0.1, 0.2, 0.1
at = study.opened(storage.opened(storage.address(None)), design({TRIALS}), sys.argv[1])
at.claims._still = 1.5
Path("ready").touch()
while not Path("../go").exists():  # both machines are there
    time.sleep(0.01)
crew.Crew(at, Beginning("a", "a", Path(), ()), lambda _: None).work(2)
"""
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    with postgres.server() as made:
        yield made


class Machine:
    """A process in a folder of its own."""

    def __init__(self, root: Path, address: str, name: str) -> None:
        root.mkdir()
        self.root = root
        path = os.pathsep.join(map(str, (ROOT, ROOT / "tests")))
        self.process = subprocess.Popen(
            [sys.executable, "-c", MACHINE, name],
            cwd=root,
            env=os.environ | {"OPTUNA_STORAGE": address, "PYTHONPATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def done(self) -> list[str]:
        """Return the trials that it carried out to their end."""
        file = self.root / "done"
        return file.read_text().split() if file.exists() else []

    def end(self) -> str:
        """Wait for its end, and return what it said."""
        said, _ = self.process.communicate(timeout=300)
        assert self.process.returncode == 0, said
        return said


def wait_for(machines: list[Machine], count: int) -> None:
    """Wait until so many trials are done, of each machine at least one."""
    deadline = time.monotonic() + 300
    while not all((one.root / "ready").exists() for one in machines):
        assert time.monotonic() < deadline
        for one in machines:
            assert one.process.poll() is None, one.process.communicate()[0]
        time.sleep(0.02)
    (machines[0].root / "../go").touch()
    while sum(len(one.done()) for one in machines) < count or not all(
        one.done() for one in machines
    ):
        assert time.monotonic() < deadline
        for one in machines:
            assert one.process.poll() is None, one.process.communicate()[0]
        time.sleep(0.02)


def trials(database: Postgres, name: str) -> list[FrozenTrial]:
    """Return the trials that the database has."""
    kept = storage.opened(storage.address(database.address))
    try:
        return study.opened(kept, design(TRIALS), name).trials()
    finally:
        kept.remove_session()
        kept.engine.dispose()


def names(name: str) -> list[str]:
    return sorted(f"search-{name}-trial{number}" for number in range(TRIALS))


def test_the_database_is_killed_in_the_middle(
    database: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines = [Machine(tmp_path / name, database.address, "a") for name in ("one", "two")]
    wait_for(machines, 4)
    database.kill()
    time.sleep(2)  # longer than a machine may be still
    database.start()
    said = [machine.end() for machine in machines]
    assert all("does not answer (" in each and "waiting for it" in each for each in said)
    assert sorted(machines[0].done() + machines[1].done()) == names("a")
    monkeypatch.chdir(tmp_path)
    found = trials(database, "a")
    assert [trial.state for trial in found] == [TrialState.COMPLETE] * TRIALS
    assert all(len(trial.intermediate_values) == 3 for trial in found)


def test_a_machine_that_is_killed_loses_no_trial(
    database: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines = [Machine(tmp_path / name, database.address, "b") for name in ("one", "two")]
    wait_for(machines, 3)
    machines[0].process.send_signal(signal.SIGKILL)
    machines[0].process.communicate()
    machines[1].end()
    done = machines[0].done() + machines[1].done()
    assert {*done} == {*names("b")}
    assert len(done) <= TRIALS + 2  # what was done, and not told, is done again
    monkeypatch.chdir(tmp_path)
    found = trials(database, "b")
    assert [trial.state for trial in found] == [TrialState.COMPLETE] * TRIALS
