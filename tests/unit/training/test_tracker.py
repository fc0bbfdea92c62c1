import socket
import sys
import threading
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import pytest
from learning import settings
from servers import HOST

from stages.artifacts.history import Epoch
from stages.errors import UserError
from stages.training.tracking import tracker
from stages.training.tracking.told import Told, TrackedRun, plain
from stages.training.tracking.tracker import SERVICES, Tracking, opened

EPOCHS = [Epoch(n, 1 / n, 2 / n, 0.5, 0.4, 0.01) for n in range(1, 8)]
KEY = "0123456789abcdef"
ON = Tracking(tracker="mlflow")


class Unsteady(TrackedRun):
    """A run at a tracker that answers or not, as the test says."""

    def __init__(self) -> None:
        self.epochs, self.answers = 0, True
        self.known, self.tries = list[int](), 0

    def connect(self, _: Told) -> TrackedRun:
        self._ask()
        return self

    def _ask(self) -> None:
        self.tries += 1
        if not self.answers:
            raise ConnectionError("no answer")

    def log(self, epochs: Sequence[Epoch]) -> None:
        self._ask()
        self.known += [epoch.epoch for epoch in epochs]
        self.epochs = max(self.known, default=0)

    def score(self, best: Epoch) -> None:
        self.known.append(100 * best.epoch)

    def end(self, how: str) -> None:
        self.ended = how


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Unsteady:
    made = Unsteady()
    service = SERVICES["mlflow"]._replace(connect=made.connect, address=lambda: "")
    monkeypatch.setitem(SERVICES, "mlflow", service)
    return made


def test_after_a_failure_a_minute_passes_before_it_is_asked_again(
    run: Unsteady, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = count(step=25)  # seconds: it is looked at once an epoch, and at a failure
    monkeypatch.setattr(tracker, "monotonic", lambda: next(clock))
    with opened(ON, KEY, []) as told:
        run.answers, run.tries = False, 0
        for number in range(1, 6):
            told.tell(EPOCHS[:number])
        assert run.tries == 2
        run.answers = True
        told.tell(EPOCHS[:6])
        told.tell(EPOCHS)
        assert run.known == [1, 2, 3, 4, 5, 6, 7]
        told.score(EPOCHS[1])
    assert run.known[-1] == 200
    assert run.ended == "FINISHED"
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_at_the_end_it_is_asked_once_more(run: Unsteady) -> None:
    with opened(ON, KEY, []) as told:
        run.answers = False
        told.tell(EPOCHS[:1])
        run.answers = True
        told.tell(EPOCHS)
        assert run.known == []
    assert run.known == [1, 2, 3, 4, 5, 6, 7]


def test_a_lack_of_memory_is_no_failure_of_the_tracker(
    run: Unsteady, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(run, "log", none_left)
    with pytest.raises(MemoryError), opened(ON, KEY, []):
        pass


def test_none_costs_nothing(tmp_path: Path) -> None:
    with opened(Tracking(tracker="none"), KEY, []) as told:
        told.tell(EPOCHS)
        told.score(EPOCHS[0])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", SERVICES)
def test_a_library_that_is_absent_is_named_with_its_extra(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    (tmp_path / name).mkdir()  # as wandb leaves one
    with (
        pytest.raises(
            UserError, match=rf"^params\.yaml: train\.tracker {name} needs .*'\.\[{name}\]'"
        ),
        opened(Tracking(tracker=name), KEY, []),  # type: ignore[arg-type]
    ):
        pass


def test_a_server_that_never_answers_is_waited_for_a_moment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    with socket.create_server((HOST, 0)) as silent:
        address = f"http://{HOST}:{silent.getsockname()[1]}"
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        with opened(ON, KEY, []) as told:
            for number in range(1, 7):
                told.tell(EPOCHS[:number])
    first, last = capsys.readouterr().err.splitlines()
    assert first.startswith(f"train.tracker: mlflow at {address} fails (timed out)")
    assert last.endswith("was not told all; metrics/history.csv has it")


def test_a_server_that_sends_a_byte_now_and_then_is_not_waited_for_without_end(
    run: Unsteady, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    released = threading.Event()
    service = SERVICES["mlflow"]._replace(patience=0.05)
    monkeypatch.setitem(SERVICES, "mlflow", service)
    monkeypatch.setattr(run, "log", lambda _: released.wait(60))
    with opened(ON, KEY, []) as told:
        told.tell(EPOCHS)
    assert run.tries == 1, "while one waits, no other asks"
    released.set()
    first, last = capsys.readouterr().err.splitlines()
    assert "mlflow fails (no whole answer within 0 s)" in first
    assert last.endswith("was not told all; metrics/history.csv has it")


def test_parameters_are_named_as_in_the_file_and_hold_no_secret() -> None:
    params = settings(filters=(2, 4), patience=None, weights="s3://key:secret@bucket/w?sig=secret")
    told = plain(params)
    assert told["train.filters"] == "[2, 4]"
    assert told["train.patience"] == "null"
    assert told["train.lr"] == 0.05
    assert told["train.nesterov"] == "false"
    assert told["train.weights"] == "s3://bucket/w"
