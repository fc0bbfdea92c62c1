import json
import struct
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import tracked
from learning import DATA, HELD_OUT, begun, same, settings

from stages.artifacts.history import Epoch
from stages.train import train
from stages.training import monitor
from stages.training.tracking.tracker import Tracking, opened

EPOCHS = [Epoch(n, 1 / n, 2 / n, 0.5 + n / 10, 0.4 + n / 10, 0.01 * n) for n in range(1, 5)]
KEYS = (f"{number:016x}" for number in count(1))
ON = Tracking(tracker="wandb")
HEADER, BLOCK = 7, 32768  # bytes, of LevelDB's log format, in which W&B writes


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("DVC_ROOT", "DVC_EXP_NAME", "WANDB_MODE", "WANDB_DIR", "WANDB_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    for name in ("WANDB_CONFIG_DIR", "WANDB_CACHE_DIR", "WANDB_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "own"))
    return tmp_path


def records(path: Path) -> Iterator[Any]:
    """Yield what a run file holds."""
    from wandb.proto.wandb_internal_pb2 import Record  # type: ignore[attr-defined]  # noqa: PLC0415

    data, place, whole = path.read_bytes(), HEADER, b""
    while place + HEADER <= len(data):
        if BLOCK - place % BLOCK < HEADER:  # the rest of a block is empty
            place += BLOCK - place % BLOCK
            continue
        _, length, kind = struct.unpack_from("<IHB", data, place)
        whole += data[place + HEADER : place + HEADER + length]
        place += HEADER + length
        if kind in {1, 4}:  # whole, or the last part
            yield Record.FromString(whole)
            whole = b""


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.wandb"), key=lambda path: path.stat().st_mtime_ns)


def points(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a run's history."""
    kept = [record for record in records(path) if record.WhichOneof("record_type") == "history"]
    return [
        {
            ".".join(item.nested_key) or item.key: json.loads(item.value_json)
            for item in one.history.item
        }
        for one in kept
    ]


def one(path: Path, kind: str) -> Any:  # noqa: ANN401
    """Return the last record of a kind."""
    return getattr([r for r in records(path) if r.WhichOneof("record_type") == kind][-1], kind)


report = partial(tracked.report, ON)


def test_offline_a_run_is_a_file_under_runs(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DVC_EXP_NAME", "vivid-ox")
    key = next(KEYS)
    params = settings(
        tracker="wandb", milestones=(1, 2), weights="http://u:secret@h/w.pth?t=secret"
    )
    with opened(params, key, []) as told:
        told.tell(EPOCHS[:2])
        told.tell(EPOCHS)
        told.score(EPOCHS[2])
    (path,) = files(workspace / "runs/wandb")
    rows = points(path)
    assert [row["_step"] for row in rows] == [1, 2, 3, 4]
    for row, epoch in zip(rows, EPOCHS, strict=True):
        assert {name: row[name] for name in Epoch._fields} == epoch._asdict()
    run = one(path, "run")
    assert (run.run_id, run.project, run.display_name) == (key, "reprise", f"vivid-ox-{key[:8]}")
    config = {item.key: json.loads(item.value_json) for item in run.config.update}
    assert config["train.lr"] == 0.05
    assert config["train.milestones"] == "[1, 2]"
    assert config["train.weights"] == "http://h/w.pth"
    assert b"secret" not in b"".join(
        file.read_bytes() for file in workspace.rglob("*") if file.is_file()
    )
    summary = {
        item.key or item.nested_key[0]: json.loads(item.value_json)
        for record in records(path)
        if record.WhichOneof("record_type") == "summary"
        for item in record.summary.update
    }
    assert summary["best_val_accuracy"] == EPOCHS[2].val_accuracy
    assert one(path, "exit").exit_code == 0
    assert {path.name for path in workspace.iterdir()} <= {"runs", "own"}
    assert capfd.readouterr() == ("", "")


def test_a_training_that_goes_on_has_the_same_identity(workspace: Path) -> None:
    key = next(KEYS)
    with suppress(KeyboardInterrupt), opened(ON, key, []) as told:
        told.tell(EPOCHS[:2])
        raise KeyboardInterrupt
    report(key, EPOCHS, done=2)
    first, second = files(workspace / "runs/wandb")
    assert one(first, "exit").exit_code == 130
    assert one(second, "exit").exit_code == 0
    assert {one(first, "run").run_id, one(second, "run").run_id} == {key}
    assert [row["epoch"] for row in points(first) + points(second)] == [1, 2, 3, 4]


def test_a_training_whose_beginning_nobody_was_told_is_told_whole(workspace: Path) -> None:
    report(next(KEYS), EPOCHS, done=3)
    (path,) = files(workspace)
    assert [row["epoch"] for row in points(path)] == [1, 2, 3, 4]


def test_it_is_put_where_its_own_variables_say(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_DIR", str(workspace / "elsewhere"))
    monkeypatch.setenv("WANDB_PROJECT", "digits")
    (workspace / "elsewhere").mkdir()
    report(next(KEYS), EPOCHS)
    (path,) = files(workspace / "elsewhere/wandb")
    assert one(path, "run").project == "digits"


def test_a_mode_that_it_does_not_know_is_told_and_training_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WANDB_MODE", "nonsense")
    report(next(KEYS), EPOCHS)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("train.tracker: wandb fails (")


def test_a_training_that_is_tracked_ends_in_the_same_bytes() -> None:
    ends = []
    for name in ("none", "wandb"):
        params = settings(tracker=name, dropout=0.3)
        step = begun(params)
        with monitor.opened(step, (DATA, HELD_OUT), params, next(KEYS)) as shown:
            for update in train(step, DATA, HELD_OUT, params):
                shown.update(update)
        ends.append(step.learner.state_dict())
    assert same(*ends)
