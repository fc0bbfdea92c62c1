import pytest
import torch
from torch.nn import functional as F

from stages.artifacts.history import Epoch
from stages.reporting.training_notes import least_loss, notes

WORSE = [Epoch(1, 0.9, 0.5, 0.6, 0.8, 0.1), Epoch(2, 0.8, 0.4, 0.7, 0.9, 0.1)]
BETTER = [Epoch(1, 0.4, 0.5, 0.9, 0.8, 0.1), Epoch(2, 0.1, 0.4, 1.0, 0.9, 0.1)]


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"label_smoothing": 0.1}, "label_smoothing 0.1"),
        ({"mixup": 0.2}, "MixUp (mixup)"),
        ({"mixup": 0.2, "cutmix": 1}, "MixUp and CutMix (mixup, cutmix)"),
        ({"dropout": 0.5}, "dropout leaves out"),
        ({"flip": "random", "rotation": 5}, "augmentation (flip, rotation)"),
        ({"ema": 0.99}, "moving average"),
    ],
)
def test_what_the_parameters_explain_is_explained(params: dict[str, object], told: str) -> None:
    (note,) = notes(WORSE, params, 10)
    assert note.startswith("On train the loss is higher and accuracy is lower than on val.")
    assert told in note
    assert notes(BETTER, params, 10) == []


@pytest.mark.parametrize("params", [{}, {"lr": 0.1, "mixup": 0, "ema": None}])
def test_what_they_do_not_explain_is_left_alone(params: dict[str, object]) -> None:
    assert notes(WORSE, params, 10) == []


def test_without_epochs_there_is_nothing_to_say() -> None:
    assert notes([], {"mixup": 1}, 10) == []


def test_smoothing_explains_no_accuracy() -> None:
    lower = [Epoch(1, 0.4, 0.5, 0.6, 0.8, 0.1)]
    assert notes(lower, {"label_smoothing": 0.1}, 10) == []
    (note,) = notes(lower, {"dropout": 0.1}, 10)
    assert note.startswith("On train the accuracy is lower than on val.")


@pytest.mark.parametrize(("smoothing", "classes"), [(0.1, 10), (0.2, 2), (0.05, 1000), (0.9, 3)])
def test_the_least_loss_is_that_of_a_network_that_says_the_smoothed_target(
    smoothing: float, classes: int
) -> None:
    logits = torch.zeros(1, classes, dtype=torch.float64, requires_grad=True)
    shares = torch.full((classes,), smoothing / classes, dtype=torch.float64)
    shares[0] += 1 - smoothing
    with torch.no_grad():
        logits += shares.log()
    loss = F.cross_entropy(logits, torch.tensor([0]), label_smoothing=smoothing)
    assert least_loss(smoothing, classes) == pytest.approx(loss.item())
    (slope,) = torch.autograd.grad(loss, logits)
    assert slope.abs().max() < 1e-12  # there is none below


def test_of_one_class_nothing_is_lost() -> None:
    assert least_loss(0.1, 1) == 0
