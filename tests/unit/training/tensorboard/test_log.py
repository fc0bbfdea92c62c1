import os
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.metadata import (
    SESSION_END_INFO_TAG,
    SESSION_START_INFO_TAG,
    parse_session_start_info_plugin_data,
)
from toys import split, untrained

from stages.artifacts.history import Epoch
from stages.batches import to_device
from stages.training.tensorboard.log import Board, Log, opened

ON, OFF = Board(board=True), Board(board=False)
KEY = "0123456789abcdef"
HELD_OUT = to_device(split(6), torch.device("cpu"))
EPOCHS = [Epoch(n, 1 / n, 2 / n, 0.5 + n / 10, 0.4 + n / 10, 0.01 * n) for n in range(1, 4)]


class Section(Board):
    """Parameters of each type."""

    lr: float
    steps: int
    optimizer: str
    fused: bool
    milestones: tuple[int, ...]
    patience: int | None


SECTION = Section(
    board=True, lr=0.1, steps=3, optimizer="sgd", fused=False, milestones=(2, 5), patience=None
)


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.delenv("DVC_EXP_NAME", raising=False)
    return tmp_path


def report(log: Log, epochs: list[Epoch]) -> None:
    """Tell all that there is to tell of a training."""
    made = untrained()
    log.start(made.whole(), HELD_OUT.images)
    for epoch in epochs:
        log.epoch(epoch, made.network, 100.0 * epoch.epoch)
    log.mistakes(torch.tensor([[1.0, 0.0]] * 6), HELD_OUT, ("dark", "bright"))
    log.finish(SECTION, epochs[-1])


def written(root: Path, run: str = "", name: str = "train-01234567") -> EventAccumulator:
    # 0: all there is, of each kind.
    sizes = {"scalars": 0, "images": 0, "histograms": 0, "tensors": 0}
    read = EventAccumulator(str(root / "runs" / name / run), sizes)
    read.Reload()
    return read


def curve(root: Path, run: str, tag: str) -> dict[int, float]:
    points = written(root, run).Scalars(tag)
    assert len({point.step for point in points}) == len(points)
    return {point.step: point.value for point in points}


def everything(root: Path) -> set[Path]:
    return {path for path in root.rglob("*") if path.is_file()}


def test_train_and_val_are_curves_of_one_name(root: Path) -> None:
    with opened(ON, KEY, 0) as log:
        report(log, EPOCHS)
    for run, tag, column in (
        ("train", "loss", "train_loss"),
        ("val", "loss", "val_loss"),
        ("train", "accuracy", "train_accuracy"),
        ("val", "accuracy", "val_accuracy"),
        ("train", "learning rate", "lr"),
    ):
        expected = {epoch.epoch: getattr(epoch, column) for epoch in EPOCHS}
        assert curve(root, run, tag) == pytest.approx(expected)
    assert curve(root, "train", "images a second") == {1: 100.0, 2: 200.0, 3: 300.0}


def test_without_a_board_nothing_is_written(root: Path) -> None:
    with opened(OFF, KEY, 0) as log:
        report(log, EPOCHS)
    assert not everything(root)


def test_a_log_can_be_read_while_training_goes_on(root: Path) -> None:
    with opened(ON, KEY, 0) as log:
        log.epoch(EPOCHS[0], untrained().network, 1.0)
        assert len(curve(root, "val", "loss")) == 1


def test_a_resumed_training_goes_on_in_its_log(root: Path) -> None:
    with opened(ON, KEY, 0) as log:
        report(log, EPOCHS[:2])
    again = EPOCHS[1]._replace(val_loss=9.0)
    with opened(ON, KEY, 1) as log:  # killed before the state after epoch 2 was kept
        report(log, [again, EPOCHS[2]])
    losses = {1: EPOCHS[0].val_loss, 2: 9.0, 3: EPOCHS[2].val_loss}
    assert curve(root, "val", "loss") == pytest.approx(losses)
    assert len(written(root, "train").Images("batch")) == 1
    assert len(written(root, "val").Images("mistakes")) == 1


def test_a_training_from_the_beginning_empties_its_log_alone(root: Path) -> None:
    for key in (KEY, "f" * 16):
        with opened(ON, key, 0) as log:
            report(log, EPOCHS)
    note = root / "runs/train-01234567/note.txt"
    note.write_text("of the user's")
    others = {path for path in everything(root) if "ffffffff" in str(path)}
    with opened(ON, KEY, 0) as log:
        report(log, EPOCHS[:1])
    assert len(curve(root, "train", "loss")) == 1
    assert note.exists()
    assert others <= everything(root)


def test_a_log_bears_the_name_of_its_experiment(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DVC_EXP_NAME", "../vivid-ox")
    with opened(ON, KEY, 0) as log:
        log.epoch(EPOCHS[0], untrained().network, 1.0)
    assert {path.name for path in (root / "runs").iterdir()} == {"..-vivid-ox-01234567"}


def test_outside_of_dvc_the_log_is_in_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DVC_ROOT")
    monkeypatch.chdir(tmp_path)
    with opened(ON, KEY, 0) as log:
        log.epoch(EPOCHS[0], untrained().network, 1.0)
    assert curve(tmp_path, "val", "loss")


def test_the_parameters_are_numbers_or_text_as_in_the_file(root: Path) -> None:
    with opened(ON, KEY, 0) as log:
        report(log, EPOCHS)
    tags = written(root).SummaryMetadata(SESSION_START_INFO_TAG).plugin_data.content
    assert written(root).SummaryMetadata(SESSION_END_INFO_TAG)
    shown = parse_session_start_info_plugin_data(tags).hparams
    values = {name: getattr(value, value.WhichOneof("kind")) for name, value in shown.items()}
    assert values == {
        "board": "true",
        "lr": 0.1,
        "steps": 3.0,
        "optimizer": "sgd",
        "fused": "false",
        "milestones": "[2, 5]",
        "patience": "null",
    }
    assert curve(root, "", "best/accuracy") == pytest.approx({3: EPOCHS[-1].val_accuracy})
    assert curve(root, "", "best/loss") == pytest.approx({3: EPOCHS[-1].val_loss})


def test_neither_weights_nor_modes_nor_chance_change(root: Path) -> None:
    made, other = untrained(), untrained()
    whole = made.whole()
    whole.train()
    made.network.eval()  # as where it is frozen
    state = torch.get_rng_state()
    with opened(ON, KEY, 0) as log:
        log.start(whole, HELD_OUT.images)
        log.epoch(EPOCHS[0], made.network, 1.0)
    assert torch.equal(torch.get_rng_state(), state)
    assert whole.training
    assert not made.network.training
    for name, tensor in made.network.state_dict().items():
        assert torch.equal(tensor, other.network.state_dict()[name]), name
    assert everything(root)


@pytest.mark.parametrize("blocked", ["runs", "runs/train-01234567", "runs/train-01234567/train"])
def test_what_cannot_be_written_is_told_once_and_training_goes_on(
    root: Path, blocked: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place = root / blocked
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("a file where a folder should be")
    with opened(ON, KEY, 0) as log:
        report(log, EPOCHS)
    (line,) = capsys.readouterr().err.splitlines()
    assert "train-01234567: cannot be written (" in line


def test_a_disk_that_fills_up_is_told_once_and_training_goes_on(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(ON, KEY, 0) as log:
        log.epoch(EPOCHS[0], untrained().network, 1.0)
        full = os.open("/dev/full", os.O_WRONLY)
        for file in log._events._files.values():  # type: ignore[union-attr]
            os.dup2(full, file._writer.fileno())
        os.close(full)
        report(log, EPOCHS[1:])
    (line,) = capsys.readouterr().err.splitlines()
    assert "cannot be written (No space left on device); TensorBoard will not show the rest" in line
    assert len(curve(root, "val", "loss")) == 1
