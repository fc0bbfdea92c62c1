"""Against MLflow's own server."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import tracked
from learning import DATA, HELD_OUT, begun, same, settings
from servers import HOST, free_port

from stages.artifacts.history import Epoch
from stages.train import train
from stages.training import monitor
from stages.training.tracking import tracker
from stages.training.tracking.told import Told, TrackedRun
from stages.training.tracking.tracker import Tracking, opened

EPOCHS = [Epoch(n, 1 / n, 2 / n, 0.5 + n / 10, 0.4 + n / 10, 0.01 * n) for n in range(1, 6)]
COLUMNS = ("train_loss", "val_loss", "train_accuracy", "val_accuracy", "lr")
KEYS = (f"{number:016x}" for number in count(1))
ON = Tracking(tracker="mlflow")


class MlflowServer:
    """MLflow's server with a database in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.address = f"http://{HOST}:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        store = f"sqlite:///{self.folder}/mlflow.db"
        command = [
            sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(self.port),
            "--workers", "1", "--backend-store-uri", store,
            "--artifacts-destination", str(self.folder / "artifacts"),
        ]  # fmt: skip
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                urlopen(f"{self.address}/health").close()  # noqa: S310 -- http
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise TimeoutError((self.folder / "log").read_text())

    def kill(self) -> None:
        assert self.process
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def query(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        """Return rows of its database, which nobody else interprets."""
        with sqlite3.connect(self.folder / "mlflow.db") as database:
            return database.execute(text, values).fetchall()

    def runs(self, key: str) -> list[tuple[Any, ...]]:
        return self.query(
            "SELECT run_uuid, status FROM runs NATURAL JOIN tags "
            "WHERE key = 'reprise.key' AND value = ? ORDER BY start_time",
            key,
        )

    def points(self, key: str, name: str = "val_loss") -> list[tuple[int, float]]:
        """Return all points of a metric of the only run of a key."""
        ((run, _),) = self.runs(key)
        rows = self.query(
            "SELECT step, value FROM metrics WHERE run_uuid = ? AND key = ? ORDER BY step",
            run,
            name,
        )
        return [(int(step), float(value)) for step, value in rows]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    made = MlflowServer(tmp_path_factory.mktemp("mlflow"))
    made.start()
    yield made
    made.kill()


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("DVC_ROOT", "DVC_EXP_NAME", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def key(server: MlflowServer, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.address)
    return next(KEYS)


report = partial(tracked.report, ON)


def stop(key: str, epochs: Sequence[Epoch], error: type[BaseException]) -> None:
    """Tell of a training that an error ends."""
    with suppress(error), opened(ON, key, []) as told:
        for number in range(1, len(epochs) + 1):
            told.tell(epochs[:number])
        raise error


def test_every_epoch_is_there_once_with_parameters_and_best_scores(
    server: MlflowServer, key: str, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DVC_EXP_NAME", "vivid-ox")
    params = settings(
        tracker="mlflow", milestones=(1, 2), weights="http://u:secret@h/w.pth?t=secret"
    )
    with opened(params, key, []) as told:
        told.tell(EPOCHS[:1])
        assert server.runs(key)[0][1] == "RUNNING"
        assert server.points(key) == [(1, 2.0)], "while it runs"
        told.tell(EPOCHS)
        told.score(EPOCHS[2])
    ((run, status),) = server.runs(key)
    assert status == "FINISHED"
    for name in COLUMNS:
        assert server.points(key, name) == [(e.epoch, getattr(e, name)) for e in EPOCHS]
    assert server.points(key, "best_val_accuracy") == [(3, EPOCHS[2].val_accuracy)]
    assert server.points(key, "best_epoch") == [(3, 3.0)]
    told_params = dict(server.query("SELECT key, value FROM params WHERE run_uuid = ?", run))
    assert set(told_params) == {f"train.{name}" for name in type(params).model_fields}
    assert told_params["train.milestones"] == "[1, 2]"
    assert told_params["train.lr"] == "0.05"
    assert told_params["train.weights"] == "http://h/w.pth"
    ((name, experiment),) = server.query(
        "SELECT r.name, e.name FROM runs r JOIN experiments e USING (experiment_id) "
        "WHERE run_uuid = ?", run
    )  # fmt: skip
    assert (name, experiment) == (f"vivid-ox-{key[:8]}", "reprise")
    assert not list(workspace.rglob("mlruns")), "nothing lands beside the code"


def test_the_experiment_is_the_one_that_is_named(
    server: MlflowServer, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "digits")
    report(key, EPOCHS)
    ((name,),) = server.query(
        "SELECT e.name FROM tags t JOIN runs USING (run_uuid) JOIN experiments e "
        "USING (experiment_id) WHERE t.value = ?", key
    )  # fmt: skip
    assert name == "digits"


@pytest.mark.parametrize(
    ("error", "status"), [(KeyboardInterrupt, "KILLED"), (ValueError, "FAILED")]
)
def test_it_tells_how_a_training_ended_and_goes_on_with_the_same_run(
    server: MlflowServer, key: str, error: type[BaseException], status: str
) -> None:
    stop(key, EPOCHS[:3], error)
    assert [how for _, how in server.runs(key)] == [status]
    report(key, EPOCHS, done=2)  # killed before the checkpoint of the third was written
    assert [how for _, how in server.runs(key)] == ["FINISHED"]
    assert server.points(key) == [(e.epoch, e.val_loss) for e in EPOCHS]
    assert server.points(key, "best_epoch") == [(5, 5.0)]


def test_a_training_that_goes_on_tells_what_nobody_was_told(server: MlflowServer, key: str) -> None:
    report(key, EPOCHS, done=3)  # of which the first were trained without a tracker
    assert server.points(key) == [(e.epoch, e.val_loss) for e in EPOCHS]


def test_a_training_killed_at_the_very_end_is_still_one_run(server: MlflowServer, key: str) -> None:
    report(key, EPOCHS)
    report(key, EPOCHS, done=5)
    assert [how for _, how in server.runs(key)] == ["FINISHED"]
    assert len(server.points(key, "best_val_loss")) == 1


def test_a_training_that_is_repeated_is_another_run(server: MlflowServer, key: str) -> None:
    report(key, EPOCHS)
    report(key, EPOCHS)
    assert [how for _, how in server.runs(key)] == ["FINISHED", "FINISHED"]


def test_a_parameter_that_changes_nothing_may_change_in_between(
    server: MlflowServer,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.address.replace("//", "//user:pass-word@"))
    for steps in (3, 4):
        with opened(settings(tracker="mlflow", save_steps=steps), key, EPOCHS[:steps]):
            pass
    assert [step for step, _ in server.points(key)] == [1, 2, 3, 4]
    assert capsys.readouterr() == ("", ""), "not even the address, which holds a password"


def test_many_epochs_at_once(server: MlflowServer, key: str) -> None:
    many = [EPOCHS[0]._replace(epoch=number) for number in range(1, 251)]
    report(key, many, done=250)
    assert [step for step, _ in server.points(key)] == list(range(1, 251))


def test_a_training_that_is_tracked_ends_in_the_same_bytes(server: MlflowServer, key: str) -> None:
    ends = []
    for name in ("none", "mlflow"):
        params = settings(tracker=name, dropout=0.3)
        step = begun(params)
        with monitor.opened(step, (DATA, HELD_OUT), params, key) as shown:
            for update in train(step, DATA, HELD_OUT, params):
                shown.update(update)
        ends.append(step.learner.state_dict())
    assert same(*ends)
    assert server.points(key) == [(e.epoch, e.val_loss) for e in step.learner.history]


def test_a_server_that_is_not_there_is_told_once_without_its_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    address = f"http://user:pass-word@{HOST}:{free_port()}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    monkeypatch.setattr(tracker, "PAUSE", 0)
    report(next(KEYS), EPOCHS)
    first, last = capsys.readouterr().err.splitlines()
    assert "pass-word" not in first
    assert first.startswith(f"train.tracker: mlflow at http://{HOST}:")
    assert "fails ([Errno 111] Connection refused); training goes on" in first
    assert last == "train.tracker: mlflow was not told all; metrics/history.csv has it"


def test_who_stops_a_training_does_not_wait_for_a_server_that_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries = list[int]()

    def connect(_: Told) -> TrackedRun:
        tries.append(1)
        raise TimeoutError

    service = tracker.SERVICES["mlflow"]._replace(connect=connect)
    monkeypatch.setitem(tracker.SERVICES, "mlflow", service)
    stop(next(KEYS), EPOCHS[:2], KeyboardInterrupt)
    assert len(tries) == 1


def test_a_server_killed_in_the_middle_knows_all_at_the_end(
    server: MlflowServer,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(tracker, "PAUSE", 0)
    with opened(ON, key, []) as told:
        told.tell(EPOCHS[:1])
        server.kill()
        told.tell(EPOCHS[:2])
        told.tell(EPOCHS[:3])
        server.start()
        told.tell(EPOCHS[:4])
        told.tell(EPOCHS)
        told.score(EPOCHS[-1])
    assert [how for _, how in server.runs(key)] == ["FINISHED"]
    assert server.points(key) == [(e.epoch, e.val_loss) for e in EPOCHS]
    first, last = capsys.readouterr().err.splitlines()
    assert "training goes on, and it is told the rest when it can be" in first
    assert last == "train.tracker: mlflow answers again, and knows all epochs"


def test_without_an_address_it_is_a_database_under_runs(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    report("f" * 16, EPOCHS)
    with sqlite3.connect(workspace / "runs/mlflow.db") as database:
        found = database.execute("SELECT step FROM metrics WHERE key = 'lr' ORDER BY step")
        assert found.fetchall() == [(1,), (2,), (3,), (4,), (5,)]
    assert {path.name for path in workspace.iterdir()} == {"runs"}
    assert not capsys.readouterr().err
