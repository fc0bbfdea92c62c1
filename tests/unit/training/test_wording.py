from pathlib import Path

import pytest
from learning import DATA, HELD_OUT, begun, settings, updates
from toys import CARD

from stages import progress
from stages.artifacts.history import Epoch
from stages.training import monitor, wording
from stages.training.loop import Update
from stages.training.state import Tally


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.setattr(progress, "LOG_INTERVAL", 0)


def epoch(number: int, accuracy: float, loss: float) -> Epoch:
    return Epoch(number, 1.0, loss, 0.5, accuracy, 0.1)


def shown(
    history: list[Epoch], capsys: pytest.CaptureFixture[str], *, ended: bool, best: str = "accuracy"
) -> str:
    params = settings(epochs=20, best=best)
    step = begun(params)
    step.learner.history[:] = history
    bar = progress.Progress("train", 20 * 22, "images")
    wording.show(
        bar, Update(Tally(2, 16, 8, 16 * 0.75), 16, ended, due=False), step.learner, params
    )
    bar.advance(16)
    return capsys.readouterr().err


def test_before_anything_was_validated_there_is_no_best_score(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = shown([], capsys, ended=False)
    assert said.startswith("train: epoch 1 of 20, loss 0.7500, ")
    assert said.endswith(", 16 of 22 images\n")
    assert "best" not in said


@pytest.mark.parametrize(("ended", "number"), [(False, 3), (True, 2)])
def test_the_epoch_is_the_one_of_the_loss(
    capsys: pytest.CaptureFixture[str], *, ended: bool, number: int
) -> None:
    history = [epoch(1, 0.9, 0.25), epoch(2, 0.8, 0.125)]
    said = shown(history, capsys, ended=ended)
    assert said.startswith(f"train: epoch {number} of 20, loss 0.7500, best val acc 0.9000, ")


def test_the_best_score_is_the_one_that_decides(capsys: pytest.CaptureFixture[str]) -> None:
    history = [epoch(1, 0.9, 0.25), epoch(2, 0.8, 0.125)]
    assert "best val loss 0.1250, " in shown(history, capsys, ended=True, best="loss")


def test_a_training_that_goes_on_begins_at_its_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    params = settings(epochs=5)
    step = begun(params)
    step.learner.history[:] = [epoch(number, 0.5, 1.0) for number in (1, 2, 3)]
    with monitor.opened(step, (DATA, HELD_OUT), params, "key") as reports:
        reports.update(Update(Tally(1, 8, 4, 6.0), 8, ended=False, due=False))
    assert capsys.readouterr().err.startswith("train: epoch 4 of 5")


def test_a_training_that_stopped_early_says_so() -> None:
    params = settings(epochs=20, patience=2)
    step = begun(params)
    step.learner.history[:] = [epoch(1, 0.9, 1.0), epoch(2, 0.5, 1.0), epoch(3, 0.5, 1.0)]
    said = wording.summary(step.learner, CARD, params)
    assert said[0] == (
        "stopped early, after epoch 3 of 20: none of the last 2 was better (train.patience)"
    )
    assert said[1] == "kept epoch 1 of 3: val accuracy 0.9000, val loss 1.0000"


def test_one_that_ran_to_its_end_does_not() -> None:
    params = settings(epochs=2, patience=1)
    step = begun(params)
    updates(step, params)
    assert not wording.summary(step.learner, CARD, params)[0].startswith("stopped")
