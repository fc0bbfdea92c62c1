"""One experiment is watched while it trains; when one looks does not decide what it came to."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from ruamel.yaml import YAML

from stages.artifacts import history
from stages.artifacts.history import Epoch
from tools.searching import ending
from tools.searching.attempt import Attempt, Order
from tools.searching.ending import Ending, failure

FORMER = [Epoch(1, 1.0, 1.0, 0.5, 0.111, 0.1)]  # of the commit
OF_COMMIT = b"epoch,train_loss,val_loss,train_accuracy,val_accuracy,learning_rate\n" + b"".join(
    b"%d,1.0,1.0,0.5,0.222,0.1\n" % number for number in range(1, 9)
)
PARAMS = "train:\n  epochs: 4\n  best: accuracy\n  patience: null\n  lr: 0.1\n"
# A training that writes its history after every epoch, and how long each takes.
TRAINING = """
import sys, time
from pathlib import Path
from stages.artifacts import history
from stages.artifacts.history import Epoch
seconds, *scores = map(float, sys.argv[1:])
Path("metrics/history.csv").unlink()
time.sleep(seconds)
for n in range(1, len(scores) + 1):
    history.write([Epoch(i, 1.0, 1 - s, s, s, 0.1) for i, s in enumerate(scores[:n], 1)])
    time.sleep(seconds)
"""


class Place:
    """A clone in which any command takes the place of `dvc exp run`."""

    def __init__(self, root: Path, *command: str) -> None:
        self.root, self.command, self.kept = root, command, list[tuple[str, list[Path]]]()

    def reset(self) -> None:
        history.write(FORMER, self.root / history.PATH)
        (self.root / "params.yaml").write_text(PARAMS, "utf-8")

    def known(self, path: Path) -> list[bytes]:
        return [(self.root / path).read_bytes(), OF_COMMIT]

    def keep_checkpoints(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)

    def start(
        self, name: str, log: BinaryIO, lock: int, env: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        assert (name, lock) == ("a-trial3", 0)
        path = {"PYTHONPATH": str(Path(__file__).parents[3])}
        return subprocess.Popen(
            self.command,
            cwd=self.root,
            env={**os.environ, **path, **env},
            stdout=log,
            stderr=subprocess.STDOUT,
            process_group=0,
        )

    def keep(self, name: str, paths: Sequence[Path]) -> None:
        self.kept.append((name, [*paths]))


def attempted(
    place: Place, settings: Mapping[str, Any], below: float = 0.0, aim: str = "val_accuracy"
) -> tuple[Ending, list[tuple[int, float]], Attempt]:
    """Return what an experiment comes to, and the epochs that were judged."""
    seen = list[tuple[int, float]]()

    def judge(epoch: int, score: float) -> bool:
        seen.append((epoch, score))
        return score < below

    order = Order("a-trial3", settings, aim, place.root / "trial3", {"SLOT": "1"})
    made = Attempt(place, order, judge)  # type: ignore[arg-type]
    return made.run(0, threading.Event()), seen, made


def training(root: Path, *numbers: float) -> Place:
    return Place(root, sys.executable, "-c", TRAINING, *map(str, numbers))


def test_its_score_is_that_of_the_epoch_that_is_kept(tmp_path: Path) -> None:
    place = training(tmp_path, 0, 0.25, 0.75, 0.5, 0.5)
    found, seen, _ = attempted(place, {"train.lr": 0.02})
    assert found == Ending("complete", 0.75)
    assert seen == [(1, 0.25), (2, 0.75), (3, 0.5), (4, 0.5)]
    assert YAML(typ="safe").load(tmp_path / "params.yaml")["train"]["lr"] == 0.02
    assert not place.kept
    assert attempted(place, {}, aim="val_loss")[0] == Ending("complete", 0.25)


@pytest.mark.parametrize("seconds", [0.0, 0.5])  # it has ended before one looks, or not
def test_who_is_behind_ends_after_the_same_epoch(tmp_path: Path, seconds: float) -> None:
    place = training(tmp_path, seconds, 0.75, 0.25, 0.5, 0.5)
    found, seen, _ = attempted(place, {}, below=0.3)
    assert found.state == "pruned"
    assert seen == [(1, 0.75), (2, 0.25)]
    assert place.kept == [("a-trial3", [Path("params.yaml"), history.PATH])]
    assert [epoch.val_accuracy for epoch in history.read(tmp_path / history.PATH)] == [0.75, 0.25]


def test_what_dvc_takes_back_to_the_commit_is_not_its_curve(tmp_path: Path) -> None:
    (tmp_path / "of_commit.csv").write_bytes(OF_COMMIT)
    taken_back = "import shutil, time; shutil.copy('of_commit.csv', 'metrics/history.csv')\n"
    script = f"{taken_back}time.sleep(0.6)\n{TRAINING}"
    place = Place(tmp_path, sys.executable, "-c", script, "0.5", "0.5", "0.25")
    found, seen, _ = attempted(place, {}, below=0.23)
    assert found == Ending("complete", 0.5)
    assert seen == [(1, 0.5), (2, 0.25)]


def test_who_is_behind_in_the_last_epoch_is_through(tmp_path: Path) -> None:
    found, _, _ = attempted(training(tmp_path, 0, 0.5, 0.5, 0.5, 0.1), {}, below=0.3)
    assert found == Ending("complete", 0.5)


def test_what_the_commit_has_is_not_taken_for_its_curve(tmp_path: Path) -> None:
    waits = "import time; time.sleep(0.6); raise SystemExit('no images')"
    found, seen, _ = attempted(Place(tmp_path, sys.executable, "-c", waits), {}, below=1.0)
    assert found == Ending("failed", reason="no images")
    assert not seen


def test_an_unchanged_run_is_judged_all_the_same(tmp_path: Path) -> None:
    found, seen, _ = attempted(Place(tmp_path, "true"), {})
    assert found == Ending("complete", 0.111)
    assert seen == [(1, 0.111)]


def test_a_score_of_evaluate_is_read_from_its_metrics(tmp_path: Path) -> None:
    writes = """import pathlib; pathlib.Path("metrics/evaluate.json").write_text('{"loss": 0.5}')"""
    found, seen, _ = attempted(Place(tmp_path, sys.executable, "-c", writes), {}, aim="loss")
    assert found == Ending("complete", 0.5)
    assert not seen


def test_who_is_stopped_leaves_nobody_behind(tmp_path: Path) -> None:
    child = "import subprocess; subprocess.run(['sleep', '600'])"
    place, stop = Place(tmp_path, sys.executable, "-c", child), threading.Event()
    order = Order("a-trial3", {}, "val_accuracy", tmp_path / "trial3", {})
    made = Attempt(place, order, lambda *_: False)  # type: ignore[arg-type]
    threading.Timer(0.5, stop.set).start()
    assert made.run(0, stop) == Ending("stopped")


def test_who_does_not_listen_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "PATIENCE", 0.2)
    deaf = "import signal, time; signal.signal(2, signal.SIG_IGN); print(1, flush=True)"
    process = subprocess.Popen(
        [sys.executable, "-c", f"{deaf}; time.sleep(600)"], stdout=subprocess.PIPE, process_group=0
    )
    assert process.stdout
    process.stdout.readline()
    began = time.monotonic()
    ending.end(process)
    assert process.returncode == -signal.SIGKILL
    assert time.monotonic() - began >= 0.2
    process.stdout.close()
    ending.end(process)  # a second time, nothing


def test_who_is_left_by_one_that_was_killed_ends_too() -> None:
    child = "import subprocess; p = subprocess.Popen(['sleep', '600']); print(p.pid, flush=True)"
    process = subprocess.Popen(
        [sys.executable, "-c", f"{child}; p.wait()"], stdout=subprocess.PIPE, process_group=0
    )
    assert process.stdout
    left = int(process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    ending.end(process)
    process.stdout.close()
    state = Path(f"/proc/{left}/stat")
    assert not state.exists() or " Z " in state.read_text()


REFUSED = "params.yaml: train.lr must be less than or equal to 1000, is 1e9"
FAILED = f"""\
Reproducing experiment 'a'
Running stage 'train':
> python -m stages.train
train: 50% 1/2 [00:01<00:01]\rtrain: 100% 2/2
{REFUSED}
ERROR: failed to reproduce 'train': failed to run: python -m stages.train, exited with 1
"""


@pytest.mark.parametrize(
    ("log", "code", "found"),
    [
        (
            FAILED,
            255,
            Ending("failed", reason=REFUSED),
        ),
        (
            FAILED.replace("with 1", "with -9"),
            255,
            Ending("killed", reason="was killed by signal 9"),
        ),
        (
            FAILED.replace("with 1", "with 137"),
            255,
            Ending("killed", reason="was killed by signal 9"),
        ),
        ("", -15, Ending("killed", reason="was killed by signal 15")),
        (
            "Stage 'train' is cached\nERROR: cannot check out: [Errno 28] No space\n",
            255,
            Ending("broken", reason="cannot check out: [Errno 28] No space"),
        ),
        (
            FAILED.replace(REFUSED, "a.safetensors: cannot be written: No space left on device"),
            255,
            Ending("broken", reason="a.safetensors: cannot be written: No space left on device"),
        ),
        ("ERROR: no space\n", 255, Ending("broken", reason="no space")),
        ("", 3, Ending("failed", reason="exit code 3")),
        ("\x1b[31mred\n", 1, Ending("failed", reason="\\x1b[31mred")),
    ],
)
def test_the_reason_is_what_the_stage_said_last(log: str, code: int, found: Ending) -> None:
    assert failure(log, code) == found
