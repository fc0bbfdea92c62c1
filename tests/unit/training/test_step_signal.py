import json
import os
from contextlib import suppress
from pathlib import Path

import pytest
from learning import DATA, HELD_OUT, begun, settings

from stages.train import train
from stages.training import monitor
from stages.training.tracking import step_signal
from stages.training.tracking.step_signal import PATH


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("DVC_ROOT", raising=False)
    (tmp_path / ".dvc").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_is_what_dvclive_writes_and_is_gone_at_the_end(root: Path) -> None:
    with step_signal.opened(shown=True) as signal:
        assert not (root / PATH).exists()
        for epoch in (1, 2):
            signal.give(epoch)
            text = json.dumps({"pid": os.getpid(), "step": epoch}, sort_keys=True)
            assert (root / PATH).read_text() == text
    assert not (root / PATH).exists()


def test_it_is_gone_after_an_error_and_ctrl_c(root: Path) -> None:
    for error in (ValueError, KeyboardInterrupt):
        with suppress(error), step_signal.opened(shown=True) as signal:
            signal.give(1)
            raise error
        assert not (root / PATH).exists()


def test_an_experiment_in_a_folder_of_its_own_gives_it_where_it_was_started(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temp = root / ".dvc/tmp/exps/tmpabc"
    (temp / ".dvc").mkdir(parents=True)
    monkeypatch.setenv("DVC_ROOT", str(root))
    monkeypatch.chdir(temp)
    with step_signal.opened(shown=True) as signal:
        signal.give(1)
        assert (root / PATH).exists()
        assert not (temp / PATH).exists()


def test_from_a_folder_within_the_repository(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "deep/er").mkdir(parents=True)
    monkeypatch.chdir(root / "deep/er")
    with step_signal.opened(shown=True) as signal:
        signal.give(1)
        assert (root / PATH).exists()


def test_without_a_repository_or_in_another_process_nothing_is_written(root: Path) -> None:
    with step_signal.opened(shown=False) as signal:
        signal.give(1)
    (root / ".dvc").rmdir()
    with step_signal.opened(shown=True) as signal:
        signal.give(1)
    assert not list(root.iterdir())


def test_a_place_that_cannot_be_written_is_no_matter(root: Path) -> None:
    (root / ".dvc/tmp").write_text("a file where a folder should be")
    with step_signal.opened(shown=True) as signal:
        signal.give(1)


def test_a_training_gives_it_after_every_epoch(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps, params = list[int](), settings()
    monkeypatch.setattr(step_signal.StepSignal, "remove", lambda _: None)
    step = begun(params)
    with monitor.opened(step, (DATA, HELD_OUT), params, "key") as shown:
        for update in train(step, DATA, HELD_OUT, params):
            shown.update(update)
            if update.ended:
                steps.append(json.loads((root / PATH).read_text())["step"])
    assert steps == [1, 2, 3]
