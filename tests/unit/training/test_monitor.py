from collections.abc import Sequence
from itertools import count
from pathlib import Path

import pytest
from learning import AT_ONCE, DATA, HELD_OUT, begun, settings, updates
from toys import CARD

from stages.artifacts.history import Epoch
from stages.training import monitor
from stages.training.temperature import calibrate
from stages.training.tensorboard import panels
from stages.training.tensorboard.events import Panel
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
    last = monitor.summary(step.learner, fitted.classifier.card, params).splitlines()[1]
    assert last == f"kept epoch {best.epoch} of 3: val accuracy {best.val_accuracy:.4f}"
