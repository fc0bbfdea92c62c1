from math import log

import numpy as np
import pytest
import torch
from jaxtyping import TypeCheckError
from sklearn.metrics import accuracy_score, log_loss
from torch import nn
from toys import split, untrained

from stages.batches import to_device
from stages.scores import accuracy, cross_entropy, interval, predict, score

CPU = torch.device("cpu")
LOGITS = torch.randn(50, 3, generator=torch.Generator().manual_seed(0)) * 4
LABELS = torch.arange(50) % 3


def test_cross_entropy_is_that_of_scikit_learn() -> None:
    expected = log_loss(LABELS.numpy(), LOGITS.double().softmax(1).numpy())
    assert cross_entropy(LOGITS, LABELS) == pytest.approx(expected, rel=1e-12)


def test_accuracy_is_that_of_scikit_learn() -> None:
    expected = accuracy_score(LABELS.numpy(), LOGITS.argmax(1).numpy())
    assert 0 < expected < 1
    assert accuracy(LOGITS, LABELS) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_equal_logits_cost_the_log_of_the_number_of_classes(classes: int) -> None:
    logits, labels = torch.full((4, classes), 7.0), torch.arange(4) % classes
    assert cross_entropy(logits, labels) == pytest.approx(log(classes), rel=1e-12)


@pytest.mark.parametrize(("label", "loss", "share"), [(0, 0.0, 1.0), (1, 2e4, 0.0)])
def test_extreme_logits_stay_finite(label: int, loss: float, share: float) -> None:
    logits, labels = torch.tensor([[1e4, -1e4]]), torch.tensor([label])
    assert cross_entropy(logits, labels) == loss
    assert accuracy(logits, labels) == share


def test_a_label_beyond_the_classes_is_refused() -> None:
    with pytest.raises(IndexError):
        cross_entropy(LOGITS[:1], torch.tensor([3]))


@pytest.mark.parametrize("labels", [LABELS[:-1], LABELS.float(), LABELS[:, None]])
def test_labels_of_another_shape_or_type_are_refused(labels: torch.Tensor) -> None:
    with pytest.raises(TypeCheckError):
        cross_entropy(LOGITS, labels)
    with pytest.raises(TypeCheckError):
        accuracy(LOGITS, labels)


@pytest.mark.parametrize("batch_size", [1, 3, 7, 100])
def test_predictions_are_the_networks_whatever_the_batch(batch_size: int) -> None:
    network, data = untrained().whole(), to_device(split(7), CPU)
    logits = predict(network, data, batch_size)
    torch.testing.assert_close(logits, network(data.images).detach(), rtol=1e-6, atol=1e-6)


def test_predicting_changes_no_weight_and_no_statistic() -> None:
    network = untrained().whole().train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    logits = predict(network, to_device(split(7), CPU), 2)
    assert all(torch.equal(network.state_dict()[name], tensor) for name, tensor in before.items())
    assert not logits.requires_grad


class Label(nn.Module):
    """Predict class 1 for a bright image, with logits of 0 and 1."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        bright = images.float().mean((1, 2, 3)) > 125
        return nn.functional.one_hot(bright.long(), 2).float()


def test_a_network_that_knows_the_labels_scores_1() -> None:
    scores = score(Label(), to_device(split(10), CPU), 4)
    assert scores.accuracy == 1.0
    assert scores.loss == pytest.approx(np.log1p(np.exp(-1)), rel=1e-6)


@pytest.mark.parametrize(("right", "images"), [(9, 10), (0, 5), (7, 7), (9833, 10000)])
def test_the_interval_is_wilsons(right: int, images: int) -> None:
    z, share = 1.959963984540054, right / images
    middle = (share + z**2 / (2 * images)) / (1 + z**2 / images)
    half = z / (1 + z**2 / images) * (share * (1 - share) / images + (z / images) ** 2 / 4) ** 0.5
    assert interval(right, images) == pytest.approx((middle - half, middle + half), abs=1e-9)
