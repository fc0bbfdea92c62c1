from math import log
from typing import Any

import pytest
import torch
from jaxtyping import TypeCheckError
from learning import DATA, HELD_OUT, begun, run_step, same, settings
from pydantic import ValidationError
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import SGD

from stages.scores import score
from stages.training.ema import MovingAverage
from stages.training.precision import scaler
from stages.training.state import Learner
from stages.training.step import Step

CPU = torch.device("cpu")


class Linear(nn.Module):
    """Give class 0 the logit 0, and class 1 `weight` times the one pixel."""

    def __init__(self, weight: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([[0.0, weight]]))

    def forward(self, images: Tensor) -> Tensor:
        return images.flatten(1).float() @ self.weight


def small(network: nn.Module, **changes: Any) -> Step:  # noqa: ANN401
    """Return a step of plain SGD."""
    params = settings(**changes)
    optimizers = [SGD(network.parameters(), lr=1.0)]
    average = MovingAverage(network, params)
    learner = Learner(network, 2, optimizers, scaler(params, CPU), average)
    return Step(learner, network, cross_entropy, params)


def pixels(*values: int) -> Tensor:
    return torch.tensor(values, dtype=torch.uint8).reshape(-1, 1, 1, 1)


# Logits (0, log 3) and (0, 2 log 3): probabilities (1/4, 3/4) and (1/10, 9/10).
IMAGES, LABELS = pixels(1, 2), torch.tensor([1, 0])
# Of the mean loss: pixel x (probability - target), for class 1.
GRADIENT = (1 * (3 / 4 - 1) + 2 * (9 / 10 - 0)) / 2
LOSS = (-log(3 / 4) - log(1 / 10)) / 2


def moved(network: Linear) -> list[float]:
    return (network.weight[0].detach() - torch.tensor([0.0, log(3)])).tolist()


@pytest.mark.parametrize("batch_size", [1, 2, 5])
def test_a_step_by_hand(batch_size: int) -> None:
    network = Linear(log(3))
    loss, right, images = run_step(small(network, batch_size=batch_size), IMAGES, LABELS)
    assert loss.item() == pytest.approx(LOSS, rel=1e-6)
    assert (int(right.sum()), images) == (1, 2)
    assert not loss.requires_grad
    assert moved(network) == pytest.approx([GRADIENT, -GRADIENT], rel=1e-6)
    assert network.weight.grad is None


def test_a_batch_that_is_left_over_weighs_by_its_images() -> None:
    changed = []
    for batch_size in (2, 3):
        network = Linear(log(3))
        step = small(network, batch_size=batch_size)
        outcome = run_step(step, pixels(1, 2, 3), torch.tensor([1, 0, 0]))
        changed.append([*moved(network), outcome.loss.item(), int(outcome.right.sum())])
    assert changed[0] == pytest.approx(changed[1], rel=1e-6)


def test_shared_targets_count_as_their_largest() -> None:
    network = Linear(log(3))
    targets = torch.tensor([[0.2, 0.8], [0.9, 0.1]])
    loss, right, _ = run_step(small(network), IMAGES, targets)
    expected = cross_entropy(torch.tensor([[0, log(3)], [0, 2 * log(3)]]), targets)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-6)
    assert int(right.sum()) == 1


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
@pytest.mark.parametrize(("clip_norm", "length"), [(0.1, 0.1), (1e3, GRADIENT * 2**0.5)])
def test_a_gradient_is_shortened_to_a_length(
    precision: str, clip_norm: float, length: float
) -> None:
    network = Linear(log(3))
    run_step(small(network, precision=precision, clip_norm=clip_norm), IMAGES, LABELS)
    assert torch.tensor(moved(network)).norm().item() == pytest.approx(length, rel=2e-3)


def test_a_gradient_too_large_for_fp16_is_left_out() -> None:
    network = Linear(1e-3)
    step = small(network, precision="fp16")
    before, scale = network.weight.detach().clone(), step.learner.scaler.get_scale()
    step.loss = lambda logits, _: (logits * 1e38).sum()  # times the scale, above what fp32 holds
    run_step(step, IMAGES, LABELS)
    assert torch.equal(network.weight, before)
    assert step.learner.scaler.get_scale() == scale / 2


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
@pytest.mark.parametrize("clip_norm", [None, 1.0])
def test_what_is_frozen_is_passed_over(precision: str, clip_norm: float | None) -> None:
    params = settings(
        optimizer="muon", hidden=(3,), precision=precision, clip_norm=clip_norm, norm="none"
    )
    step = begun(params)
    network = step.learner.network
    head = {id(weight) for weight in network.get_submodule("head").parameters()}
    for weight in network.parameters():
        weight.requires_grad_(id(weight) in head)
    before = {name: held.clone() for name, held in network.state_dict().items()}
    run_step(step, DATA.images[:8], DATA.labels[:8])  # Muon has nothing to do
    changed = {name for name, held in network.state_dict().items() if not same(held, before[name])}
    assert changed == {"head.weight", "head.bias"}


def test_the_average_follows_every_step() -> None:
    network = Linear(log(3))
    step = small(network, ema=0.5)
    run_step(step, IMAGES, LABELS)
    with step.learner.average.applied():  # at the first step, (1 + 0) / (10 + 0) of it stays
        assert moved(network) == pytest.approx([0.9 * GRADIENT, -0.9 * GRADIENT], rel=1e-5)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_averages_are_judged_and_the_weights_come_back(precision: str) -> None:
    params = settings(ema=0.9, precision=precision, batch_size=2)
    step = begun(params)
    for _ in range(5):
        run_step(step, DATA.images[:8], DATA.labels[:8])
    before = {name: held.clone() for name, held in step.whole.state_dict().items()}
    judged = step.validate(HELD_OUT)
    assert same(step.whole.state_dict(), before)
    averages = step.learner.weights()
    assert not same(averages, step.learner.network.state_dict())
    step.learner.network.load_state_dict(averages)
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        assert judged == pytest.approx(score(step.whole, HELD_OUT, 8), rel=1e-6)


def test_gradients_are_forgotten() -> None:
    step = small(Linear(1.0))
    step.backward(IMAGES, LABELS, 1.0)
    (weight,) = step.whole.parameters()
    assert weight.grad is not None
    step.zero_grad()
    assert weight.grad is None


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (torch.ones(2, 1, 1, 1, dtype=torch.int64), torch.zeros(2, dtype=torch.int64)),
        (torch.ones(2, 1, 1, 1).byte(), torch.zeros(3, dtype=torch.int64)),
        (torch.ones(2, 1, 1).byte(), torch.zeros(2, dtype=torch.int64)),
    ],
    ids=["integers", "more labels", "no channels"],
)
def test_a_batch_of_another_shape_or_type_is_refused(images: Tensor, labels: Tensor) -> None:
    with pytest.raises(TypeCheckError):
        small(Linear(1.0)).backward(images, labels, 1.0)


@pytest.mark.parametrize("value", [0.0, -1.0, float("inf"), float("nan"), "1"])
def test_a_clip_norm_out_of_bounds_is_refused(value: object) -> None:
    with pytest.raises(ValidationError, match="clip_norm"):
        settings(clip_norm=value)


def test_images_a_step() -> None:
    assert settings(batch_size=5, accumulate=3).images_a_step == 15
