import json
import os
import subprocess
import sys
from collections.abc import Iterator
from math import inf, nan
from pathlib import Path

import pandas as pd
import pytest
import torch
from learning import AT_ONCE, DATA, HELD_OUT, begun, same, settings, updates
from torch import Tensor
from toys import CARD, split, store

from stages import errors, progress
from stages import train as stage
from stages.artifacts import classifier, history
from stages.artifacts.history import Epoch
from stages.batches import Resident
from stages.errors import UserError
from stages.scores import Scores, score
from stages.status_line import Standing
from stages.train import Train, train
from stages.training import loop
from stages.training.checkpoint import FOLDER, CheckpointStore
from stages.training.state import Learner
from stages.training.step import Step
from stages.training.tracking.step_signal import StepSignal


def scored(vals: list[Scores], **changes: object) -> list[Epoch]:
    """Return the history of a training whose validation has these scores."""
    params = settings(epochs=len(vals), **changes)
    step, coming = begun(params), iter(vals)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(step, "validate", lambda _: next(coming))
        updates(step, params)
    return step.learner.history


def test_every_epoch_is_recorded_as_it_was_judged() -> None:
    params = settings(ema=0.5)
    step = begun(params)
    for update in train(step, DATA, HELD_OUT, params):
        if not update.ended:  # on a slow machine it yields within an epoch, too
            continue
        epoch = step.learner.history[-1]
        assert epoch.epoch == len(step.learner.history)
        assert (epoch.train_loss, epoch.train_accuracy) == (
            update.tally.loss,
            update.tally.accuracy,
        )
        assert (epoch.val_loss, epoch.val_accuracy) == tuple(step.validate(HELD_OUT))
    assert len(step.learner.history) == 3


UNCOMPILED = """
import sys
sys.modules["torch._dynamo"] = None  # to import it is an error from here
from learning import begun, settings, updates
params = settings(epochs=1, clip_norm=1.0, ema=0.5, mixup=0.5, optimizer="adamw")
step = begun(params)
updates(step, params)
assert len(step.learner.history) == 1
"""


def test_without_compiling_the_compiler_is_not_imported() -> None:
    # In a process of its own: once another test has imported it, PyTorch calls it.
    path = os.pathsep.join(["tests", "."])
    subprocess.run(
        [sys.executable, "-c", UNCOMPILED], env=os.environ | {"PYTHONPATH": path}, check=True
    )


def test_what_can_be_learned_is_learned() -> None:
    params = settings(epochs=8, optimizer="adamw", lr=0.02, schedule="one_cycle")
    step = begun(params)
    updates(step, params)
    assert step.learner.history[-1].train_accuracy == 1.0
    assert step.learner.highest == 1.0


@pytest.mark.parametrize("best", ["accuracy", "loss"])
@pytest.mark.parametrize("ema", [None, 0.9])
def test_the_weights_kept_are_those_of_the_best_epoch(best: str, ema: float | None) -> None:
    # The more is learned, the worse the validation of wrong labels.
    wrong = Resident(HELD_OUT.images, 1 - HELD_OUT.labels)
    params = settings(epochs=6, best=best, ema=ema)
    step = begun(params)
    list(train(step, DATA, wrong, params))
    epochs = step.learner.history
    merits = [(e.val_accuracy if best == "accuracy" else 0, -e.val_loss) for e in epochs]
    kept = epochs[merits.index(max(merits))]
    assert kept.val_loss < epochs[-1].val_loss
    step.learner.network.load_state_dict(step.learner.best)
    assert score(step.whole, wrong, 32) == (kept.val_loss, kept.val_accuracy)


WORSE = [Scores(0.5, 0.8), Scores(0.6, 0.9), Scores(0.7, 0.7), Scores(0.4, 0.7), Scores(0.3, 0.7)]


@pytest.mark.parametrize(
    ("best", "patience", "epochs"),
    [("accuracy", 1, 3), ("accuracy", 2, 4), ("loss", 1, 2), ("loss", 3, 5), ("loss", None, 5)],
)
def test_patience_ends_the_training(best: str, patience: int | None, epochs: int) -> None:
    assert len(scored(WORSE, best=best, patience=patience)) == epochs


def test_a_stalled_training_that_is_restored_ends_at_once() -> None:
    params = settings(epochs=5, patience=1)
    step = begun(params)
    step.learner.history.extend(Epoch(n, 1.0, 1.0, 0.5, 0.5, 0.1) for n in (1, 2))
    assert not list(train(step, DATA, HELD_OUT, params))


@pytest.mark.parametrize("loss", [nan, inf])
def test_a_validation_that_is_no_number_ends_the_training(
    loss: float, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(scored([WORSE[0], WORSE[1], Scores(loss, 1.0), WORSE[2]])) == 2
    expected = (
        f"the loss became {loss} on val after epoch 3; lower train.lr; "
        "training ends here, and the best epoch before counts\n"
    )
    assert capsys.readouterr().out == expected


def explode(step: Step, call: int) -> None:
    """Make the loss infinite from a step on, from 1."""
    honest, calls = step.loss, iter(range(1, 1000))

    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        return honest(logits, targets) / (next(calls) < call)

    step.loss = loss


def test_a_loss_that_explodes_later_keeps_the_best(capsys: pytest.CaptureFixture[str]) -> None:
    params = settings()
    short, step = begun(params), begun(params)
    updates(short, params, lambda number: number == 1)
    explode(step, 8)
    updates(step, params)
    assert step.learner.history == short.learner.history
    assert same(step.learner.best, short.learner.best)
    assert "became inf in epoch 3, step 2; lower train.lr; training ends" in capsys.readouterr().out


def test_a_loss_that_explodes_at_first_is_an_error() -> None:
    params = settings()
    step = begun(params)
    explode(step, 3)
    with pytest.raises(
        UserError, match=r"^the loss became inf in epoch 1, step 3; lower train\.lr"
    ):
        updates(step, params)


def test_a_restored_run_whose_loss_explodes_keeps_the_best() -> None:
    params = settings()
    stopped, step = begun(params), begun(params)
    updates(stopped, params, lambda number: number == 1)
    step.learner.load_state_dict(stopped.learner.state_dict())
    explode(step, 1)
    assert not updates(step, params)
    assert len(step.learner.history) == 2
    assert same(step.learner.best, stopped.learner.best)


def test_a_learning_rate_that_is_far_too_high_is_named() -> None:
    params = settings(lr=1000.0, weight_decay=1e3, norm="none")
    with pytest.raises(UserError, match=r"in epoch 1, step \d; lower train\.lr$"):
        updates(begun(params), params)


OUTS = (Path("models/classifier.safetensors"), Path("metrics/history.csv"))
TRAINING, VALIDATION = split(22), split(10, seed=1)
RESTLESS = {"dropout": 0.3, "ema": 0.9, "save_steps": 2, "mixup": 0.4, "hidden": (4,)}


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    torch.use_deterministic_algorithms(mode=False)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.setattr(loop, "LOOK", AT_ONCE)
    write()
    store({"train": TRAINING, "val": VALIDATION})


def write(**changes: object) -> Train:
    """Write params.yaml."""
    params = settings(**{**RESTLESS, **changes})
    Path("params.yaml").write_text(json.dumps({"train": params.model_dump(mode="json")}))
    return params


def results() -> list[bytes]:
    """Take away what the stage wrote."""
    written = [out.read_bytes() for out in OUTS]
    for out in OUTS:
        out.unlink()
    return written


def seen() -> list[bytes]:
    """Return the lines of metrics/history.csv, if it is there."""
    return OUTS[1].read_bytes().splitlines() if OUTS[1].exists() else []


def interrupt(monkeypatch: pytest.MonkeyPatch, call: int) -> None:
    """Let the state not be kept from a call on, from 1, as after Ctrl-C."""
    honest, calls = CheckpointStore.save, iter(range(1, 1000))

    def save(self: CheckpointStore, learner: Learner) -> None:
        if next(calls) >= call:
            raise KeyboardInterrupt
        honest(self, learner)

    monkeypatch.setattr(CheckpointStore, "save", save)


@pytest.mark.usefixtures("workspace")
def test_the_stage_reads_splits_and_writes_classifier_and_history(
    capsys: pytest.CaptureFixture[str],
) -> None:
    params = settings(**RESTLESS)
    stage.main()
    step = begun(params)
    updates(step, params)
    read = classifier.read()
    assert same(dict(read.network.state_dict()), dict(step.learner.best))
    assert read.card.interface == CARD.interface
    table = pd.read_csv("metrics/history.csv")
    assert list(table["epoch"]) == [1, 2, 3]
    assert list(table["val_loss"]) == pytest.approx(step.learner.losses, rel=1e-5)
    kept = max(step.learner.history, key=lambda epoch: (epoch.val_accuracy, -epoch.val_loss))
    kept_epoch, fitted = capsys.readouterr().out.splitlines()
    assert fitted == f"calibration temperature {read.card.temperature:g}, {read.card.calibration}"
    assert kept_epoch == (
        f"kept epoch {kept.epoch} of 3: val accuracy {kept.val_accuracy:.4f}, "
        f"val loss {kept.val_loss:.4f}"
    )
    assert not list(FOLDER.iterdir())


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize("call", [1, 2, 3, 4, 6])
def test_an_interrupted_stage_goes_on_to_the_same_bytes(
    call: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.main()
    expected = results()
    with monkeypatch.context() as patch:
        interrupt(patch, call)
        with pytest.raises(SystemExit) as ended:
            errors.run(stage.main)
    assert ended.value.code == 130
    after = divmod(call - 1, 2)
    assert not OUTS[0].exists()
    assert seen() == expected[1].splitlines()[: after[0] + 1 if after[0] else 0]
    told = "goes on where it was last kept" if call > 1 else "starts it anew"
    assert capsys.readouterr().err.endswith(f"training stopped; the next run {told}\n")
    stage.main()
    goes_on = f"after epoch {after[0]}, step {2 * after[1]}"
    assert (goes_on in capsys.readouterr().out) is (call > 1)
    assert results() == expected
    assert not list(FOLDER.iterdir())


@pytest.mark.usefixtures("workspace")
def test_the_history_is_whole_after_every_epoch_and_never_beside_another_classifier(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage.main()
    whole = seen()
    write(lr=0.04)
    found = list[tuple[int, bool]]()
    honest = StepSignal.give

    def give(signal: StepSignal, epoch: int) -> None:
        honest(signal, epoch)
        found.append((len(history.read()), OUTS[0].exists()))

    monkeypatch.setattr(StepSignal, "give", give)
    stage.main()
    assert found == [(1, False), (2, False), (3, False)]
    assert OUTS[0].exists()
    assert seen()[0] == whole[0]
    assert seen()[1:] != whole[1:]


@pytest.mark.usefixtures("workspace")
def test_a_training_that_goes_on_shows_at_once_what_it_has_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage.main()
    expected = results()
    with monkeypatch.context() as patch:
        interrupt(patch, 5)
        with pytest.raises(KeyboardInterrupt):
            stage.main()
    write(lr=0.04)
    stage.main()  # of another training meanwhile
    write()
    with monkeypatch.context() as patch:
        patch.setattr(CheckpointStore, "save", stopped)
        with pytest.raises(KeyboardInterrupt):
            stage.main()
    assert not OUTS[0].exists()
    assert seen() == expected[1].splitlines()[:3]


@pytest.mark.usefixtures("workspace")
def test_a_training_that_fails_before_its_first_epoch_leaves_the_results_before_it() -> None:
    stage.main()
    before = [out.read_bytes() for out in OUTS]
    write(lr=1000.0, weight_decay=1e3, hidden=(), dropout=0, ema=None)
    with pytest.raises(UserError, match="lower train"):
        stage.main()
    assert [out.read_bytes() for out in OUTS] == before


@pytest.mark.usefixtures("workspace")
def test_a_training_that_diverges_later_ends_with_the_epochs_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage.main()
    whole = results()[1].splitlines()
    honest, calls = Step.validate, iter(range(1, 100))

    def validate(step: Step, held_out: Resident) -> Scores:
        return Scores(nan, 0.5) if next(calls) == 3 else honest(step, held_out)

    monkeypatch.setattr(Step, "validate", validate)
    stage.main()
    assert seen() == whole[:3]
    assert OUTS[0].exists()


@pytest.mark.usefixtures("workspace")
def test_one_of_several_processes_writes_the_history() -> None:
    step = begun(settings())
    step.learner.history.append(Epoch(1, 1.0, 1.0, 0.5, 0.5, 0.1))
    step.world.writes = False
    stage.record(step)
    assert not OUTS[1].exists()
    step.world.writes = True
    stage.record(step)
    assert len(history.read()) == 1


def stopped(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize("out", [0, 1])
def test_a_stage_killed_between_its_outputs_goes_on_to_the_same_bytes(
    out: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.main()
    expected = results()
    with monkeypatch.context() as patch:
        patch.setattr((classifier, history)[out], "write", stopped)
        with pytest.raises(KeyboardInterrupt):
            stage.main()
    stage.main()
    assert results() == expected


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize(
    "changes", [{"lr": 0.04}, {"preprocess": "another image"}, {"resume": False}], ids=str
)
def test_another_run_does_not_pick_the_state_up(
    changes: dict[str, object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        interrupt(patch, 4)
        with pytest.raises(KeyboardInterrupt):
            stage.main()
    if "preprocess" in changes:
        store({"train": split(22, seed=7), "val": VALIDATION})
    else:
        write(**changes)
    stage.main()
    assert "goes on" not in capsys.readouterr().out
    left = list(FOLDER.iterdir())
    assert len(left) == ("resume" not in changes), "the other run's is left alone"


@pytest.mark.usefixtures("workspace")
def test_a_dry_run_takes_a_few_batches(capsys: pytest.CaptureFixture[str]) -> None:
    write(limit_batches=1, epochs=1, save_steps=None)
    stage.main()
    table = pd.read_csv("metrics/history.csv")
    assert len(table) == 1
    assert capsys.readouterr().err.endswith(", 8 of 8 images\n")
    assert set((table["val_accuracy"] * 8) % 1) == {0.0}, "of 8 images"


@pytest.mark.usefixtures("workspace")
def test_every_image_counts_once_an_epoch_on_the_bar(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = list[Standing]()

    def noted(standing: Standing) -> str:
        ended.append(standing)
        return ""

    monkeypatch.setattr(progress, "in_log", noted)
    with monkeypatch.context() as patch:
        interrupt(patch, 4)
        with pytest.raises(KeyboardInterrupt):
            stage.main()
    capsys.readouterr()
    stage.main()
    assert [(last.done, last.total) for last in ended[1:]] == [(3 * 22, 3 * 22)]
    assert "goes on where it was stopped" in capsys.readouterr().out


@pytest.mark.usefixtures("workspace")
def test_a_device_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    write(device="cuda")
    with pytest.raises(UserError, match=r"^train\.device is cuda, but torch finds only cpu"):
        stage.main()


@pytest.mark.usefixtures("workspace")
def test_the_stage_says_which_stage_is_to_run_before() -> None:
    (Path("data/splits/train/images.npy")).unlink()
    with pytest.raises(UserError, match="is missing; run `dvc repro preprocess`"):
        stage.main()
