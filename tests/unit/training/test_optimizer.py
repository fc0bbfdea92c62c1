import pytest
import torch
from pydantic import ValidationError
from torch import nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR

from stages.training import optimizer
from stages.training.optimizer import Optimizer


def linear() -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(3, 1)


@pytest.mark.parametrize("steps", [1, 2, 10, 33])
def test_steps_are_those_of_torchs_adamw_and_one_cycle(steps: int) -> None:
    network, reference = linear(), linear()
    made, schedule = optimizer.build(network, Optimizer(lr=0.1, weight_decay=0.3), steps)
    adamw = AdamW(reference.parameters(), lr=0.1, weight_decay=0.3)
    one_cycle = OneCycleLR(adamw, max_lr=0.1, total_steps=steps)
    for _ in range(steps):
        for one, optimize, lr in ((network, made, schedule), (reference, adamw, one_cycle)):
            optimize.zero_grad()
            one(torch.ones(2, 3)).square().sum().backward()
            optimize.step()
            lr.step()
    assert torch.equal(network.weight, reference.weight)
    assert torch.equal(network.bias, reference.bias)


def test_the_rate_peaks_at_lr_and_ends_near_0() -> None:
    made, schedule = optimizer.build(linear(), Optimizer(lr=0.1, weight_decay=0.0), 100)
    rates = []
    for _ in range(100):
        rates.append(schedule.get_last_lr()[0])
        made.step()
        schedule.step()
    peak = rates.index(max(rates))
    assert rates[peak] == pytest.approx(0.1)
    assert rates == sorted(rates[:peak]) + sorted(rates[peak:], reverse=True)
    assert rates[-1] < 1e-6


def test_every_weight_is_updated() -> None:
    network = linear()
    made, _ = optimizer.build(network, Optimizer(lr=0.1, weight_decay=0.0), 2)
    updated = {id(weight) for group in made.param_groups for weight in group["params"]}
    assert updated == {id(weight) for weight in network.parameters()}


@pytest.mark.parametrize(
    ("lr", "weight_decay"),
    [(0.0, 0.0), (-1.0, 0.0), (float("nan"), 0.0), (float("inf"), 0.0), (0.1, -0.1)],
)
def test_rates_out_of_bounds_are_refused(lr: float, weight_decay: float) -> None:
    with pytest.raises(ValidationError):
        Optimizer(lr=lr, weight_decay=weight_decay)


def test_a_schedule_of_no_steps_is_refused() -> None:
    with pytest.raises(ValueError, match="total_steps"):
        optimizer.build(linear(), Optimizer(lr=0.1, weight_decay=0.0), 0)
