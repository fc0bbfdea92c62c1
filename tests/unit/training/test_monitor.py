from collections.abc import Sequence
from itertools import count
from pathlib import Path

import pytest
import torch
from learning import AT_ONCE, DATA, HELD_OUT, begun, same, settings, updates
from toys import CARD

from stages.artifacts.history import Epoch
from stages.batches import Resident
from stages.train import train
from stages.training import monitor, precision, wording
from stages.training.temperature import calibrate
from stages.training.tensorboard import panels
from stages.training.tensorboard.events import Panel
from stages.training.tensorboard.first_layers import Uncompiled
from stages.training.tensorboard.log import Log


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))


def test_an_epoch_is_logged_once_with_its_images_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, logged = count(step=2), list[tuple[int, float]]()
    monkeypatch.setattr(monitor, "monotonic", lambda: next(clock))
    monkeypatch.setattr(
        Log, "epoch", lambda _, epoch, __, speed: logged.append((epoch.epoch, speed))
    )
    params = settings()
    step = begun(params)
    with monitor.opened(step, (DATA, HELD_OUT), params, "key") as shown:
        for number, update in enumerate(updates(begun(params), params, look=AT_ONCE)):
            if update.ended:
                step.learner.history.append(Epoch(number // 3 + 1, 1.0, 1.0, 0.5, 0.5, 0.1))
            shown.update(update)
    assert logged == [(1, 11.0), (2, 11.0), (3, 11.0)], "22 images in 2 seconds"


def test_maps_are_shown_at_the_start_now_and_then_and_of_the_weights_that_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = list[tuple[str, torch.Tensor]]()

    def noted(_: Log, parts: Uncompiled, images: torch.Tensor, when: str) -> None:
        assert torch.equal(images, HELD_OUT.images[:2]), "of both classes"
        shown.append((when, parts.network.state_dict()["body.0.weight"].clone()))

    monkeypatch.setattr(Log, "maps", noted)
    params = settings(epochs=6, best="loss")
    step = begun(params)
    first = step.learner.network.state_dict()["body.0.weight"].clone()
    with monitor.opened(step, (DATA, HELD_OUT), params, "key") as reported:
        for update in train(step, DATA, HELD_OUT, params):
            reported.update(update)
        fitted = calibrate(step, CARD, HELD_OUT)
        reported.finish(fitted.logits, CARD.interface.classes)
    best = min(step.learner.history, key=lambda epoch: epoch.val_loss).epoch
    assert [when for when, _ in shown] == [
        "before training",
        "after epoch 1",
        "after epoch 4",
        f"weights of epoch {best}, which are kept",
    ]
    assert torch.equal(shown[0][1], first)
    assert not torch.equal(shown[1][1], first)
    assert torch.equal(shown[-1][1], step.learner.best["body.0.weight"])
    with monitor.opened(step, (DATA, HELD_OUT), params, "key"):
        assert len(shown) == 4, "a training that goes on does not begin"


@pytest.mark.parametrize(
    ("labels", "rows"),
    [([1, 1, 0, 1], [0, 2]), ([1, 1, 1], [0, 2]), ([0], [0]), ([0, 1], [0, 1])],
)
def test_the_images_shown_are_of_two_classes_if_there_are_two(
    labels: list[int], rows: list[int]
) -> None:
    images = torch.arange(len(labels), dtype=torch.uint8).reshape(-1, 1, 1, 1)
    shown = monitor.examples(Resident(images, torch.tensor(labels)))
    assert shown.flatten().tolist() == rows


def test_maps_are_shown_ever_more_rarely() -> None:
    due = [epoch for epoch in range(1, 2000) if monitor.is_shown_after(epoch)]
    assert due == [1, 4, 16, 64, 256, 1024]


@pytest.mark.parametrize("network", ["cnn", "mlp"])
def test_a_training_with_a_board_ends_in_the_same_bytes(network: str) -> None:
    ends = []
    for board in (False, True):
        params = settings(network=network, board=board, dropout=0.3)
        step = begun(params)
        with monitor.opened(step, (DATA, HELD_OUT), params, "key") as shown:
            for update in train(step, DATA, HELD_OUT, params):
                shown.update(update)
        ends.append(step.learner.state_dict())
    assert same(*ends)


def test_at_the_end_the_mistakes_and_the_best_epoch_are_logged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    params, kept = settings(board=True), list[Epoch]()

    def noted(_: object, best: Epoch) -> Sequence[Panel]:
        kept.append(best)
        return ()

    monkeypatch.setattr(panels, "parameters", noted)
    step = begun(params)
    updates(step, params)
    with monitor.opened(step, (DATA, HELD_OUT), params, "key") as shown:
        fitted = calibrate(step, CARD, HELD_OUT)
        shown.finish(fitted.logits, CARD.interface.classes)
    best = max(step.learner.history, key=lambda epoch: (epoch.val_accuracy, -epoch.val_loss))
    assert kept == [best]
    first = wording.summary(step.learner, fitted.classifier.card, params)[0]
    assert first.startswith(f"kept epoch {best.epoch} of 3: val accuracy {best.val_accuracy:.4f}")


@pytest.mark.parametrize(("writes", "lines"), [(True, ["emulated"]), (False, [])])
def test_one_process_tells_that_the_precision_is_emulated(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    writes: bool,
    lines: list[str],
) -> None:
    monkeypatch.setattr(precision, "remarks", lambda *_: iter(["emulated"]))
    step = begun(settings())
    step.world.writes = writes
    with monitor.opened(step, (DATA, HELD_OUT), settings(), "key"):
        assert capsys.readouterr().err.splitlines()[:1] == lines
