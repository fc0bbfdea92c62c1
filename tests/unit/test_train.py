from pathlib import Path

import pandas as pd
import pytest
import torch
from toys import CARD, split, store

from stages import train as stage
from stages.artifacts import classifier
from stages.artifacts.classifier import Classifier
from stages.artifacts.history import Epoch
from stages.batches import to_device
from stages.errors import UserError
from stages.scores import score
from stages.train import Train, train

PARAMS = Train(seed=0, epochs=5, batch_size=8, lr=0.05, weight_decay=0.01, width=2, threads=1)
TRAINING, VALIDATION = split(24), split(10, seed=1)


def run(params: Train = PARAMS) -> tuple[Classifier, list[Epoch]]:
    return train(params, CARD, TRAINING, VALIDATION)


def same(first: Classifier, other: Classifier) -> bool:
    states = first.network.state_dict(), other.network.state_dict()
    return all(
        torch.equal(tensor.cpu(), states[1][name].cpu()) for name, tensor in states[0].items()
    )


def test_every_epoch_is_recorded() -> None:
    _, epochs = run()
    assert [epoch.epoch for epoch in epochs] == [1, 2, 3, 4, 5]
    assert epochs[-1].train_loss < epochs[0].train_loss


def test_the_classifier_is_that_of_the_best_epoch() -> None:
    # The more is learned, the worse the validation of wrong labels.
    wrong = VALIDATION._replace(labels=1 - VALIDATION.labels)
    fitted, epochs = train(PARAMS, CARD, TRAINING, wrong)
    best = max(epochs, key=Epoch.merit)
    assert best.val_loss < epochs[-1].val_loss / 1.5
    network = fitted.whole()
    device = next(network.parameters()).device
    scores = score(network.to(device), to_device(wrong, device), 8)
    assert (scores.accuracy, scores.loss) == pytest.approx((best.val_accuracy, best.val_loss))


def test_the_same_seed_gives_the_same_bits_whatever_was_drawn_before() -> None:
    torch.manual_seed(1)
    first, epochs = run()
    torch.manual_seed(2)
    again, epochs_again = run()
    assert same(first, again)
    assert epochs == epochs_again


def test_another_seed_gives_another_classifier() -> None:
    assert not same(run()[0], run(PARAMS.model_copy(update={"seed": 1}))[0])


def test_a_run_of_fewer_images_than_a_batch_is_one_step_an_epoch() -> None:
    _, epochs = run(PARAMS.model_copy(update={"batch_size": 1000, "epochs": 1}))
    assert len(epochs) == 1


def test_a_learning_rate_that_is_far_too_high_is_named() -> None:
    with pytest.raises(UserError, match=r"lower train\.lr"):
        run(PARAMS.model_copy(update={"lr": 1e30}))


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(f"train: {PARAMS.model_dump_json()}")


@pytest.mark.usefixtures("workspace")
def test_the_stage_reads_splits_and_writes_classifier_and_history(
    capsys: pytest.CaptureFixture[str],
) -> None:
    store({"train": TRAINING, "val": VALIDATION})
    stage.main()
    fitted, epochs = run()
    assert same(classifier.read(), fitted)
    assert len(pd.read_csv("metrics/history.csv")) == 5
    best = max(epochs, key=Epoch.merit)
    expected = f"kept epoch {best.epoch} of 5: val accuracy {best.val_accuracy:.4f}\n"
    assert capsys.readouterr().out == expected


@pytest.mark.usefixtures("workspace")
def test_the_stage_says_which_stage_is_to_run_before() -> None:
    with pytest.raises(UserError, match="is missing; run `dvc repro preprocess`"):
        stage.main()
