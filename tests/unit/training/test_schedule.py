from collections.abc import Sequence
from math import nan
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from torch.optim import SGD, lr_scheduler
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from stages.training import schedule
from stages.training.schedule import Position, Schedule, apply, factor, remarks

BASE = {
    "schedule": "constant",
    "warmup_epochs": 0.0,
    "step_epochs": 2,
    "milestones": (2, 3),
    "gamma": 0.5,
    "plateau_patience": 1,
}
SHAPES = [
    "constant", "step", "multi_step", "exponential", "cosine", "one_cycle", "linear", "plateau"
]  # fmt: skip
PER_STEP: dict[str, tuple[type[LRScheduler], Any]] = {
    "cosine": (lr_scheduler.CosineAnnealingLR, lambda steps: {"T_max": steps}),
    "linear": (
        lr_scheduler.LinearLR,
        lambda steps: {"start_factor": 1.0, "end_factor": 0.0, "total_iters": steps},
    ),
    "one_cycle": (
        lr_scheduler.OneCycleLR,
        lambda steps: {"max_lr": 1.0, "total_steps": steps, "cycle_momentum": False},
    ),
}
PER_EPOCH: dict[str, tuple[type[LRScheduler], Any]] = {
    "constant": (lr_scheduler.ConstantLR, {"factor": 1.0}),
    "step": (lr_scheduler.StepLR, {"step_size": 2, "gamma": 0.5}),
    "multi_step": (lr_scheduler.MultiStepLR, {"milestones": [2, 3], "gamma": 0.5}),
    "exponential": (lr_scheduler.ExponentialLR, {"gamma": 0.5}),
}


def params(**changes: object) -> Schedule:
    return Schedule.model_validate({**BASE, **changes})


def course(settings: Schedule, steps_per_epoch: int, epochs: int) -> list[float]:
    steps = range(steps_per_epoch * epochs)
    return [factor(settings, Position(step, steps_per_epoch, epochs), []) for step in steps]


def optimizer(lr: float = 1.0) -> SGD:
    return SGD([{"params": [torch.zeros(1)], "initial_lr": lr, "undecayed_lr": 4 * lr}], lr=lr)


def torchs(made: LRScheduler, steps: int) -> list[float]:
    rates = []
    for _ in range(steps):
        rates.append(float(made.get_last_lr()[0]))
        made.optimizer.step()
        made.step()
    return rates


@pytest.mark.parametrize("shape", PER_STEP)
@pytest.mark.parametrize(("steps_per_epoch", "epochs"), [(1, 1), (1, 2), (1, 3), (4, 1), (10, 7)])
def test_per_step_it_is_torchs(shape: str, steps_per_epoch: int, epochs: int) -> None:
    kind, options = PER_STEP[shape]
    steps = steps_per_epoch * epochs
    expected = torchs(kind(optimizer(), **options(steps)), steps)
    assert course(params(schedule=shape), steps_per_epoch, epochs) == pytest.approx(
        expected, rel=1e-9, abs=1e-12
    )


@pytest.mark.parametrize("shape", PER_EPOCH)
@pytest.mark.parametrize(("steps_per_epoch", "epochs"), [(1, 1), (1, 6), (3, 5)])
def test_per_epoch_it_is_torchs(shape: str, steps_per_epoch: int, epochs: int) -> None:
    kind, options = PER_EPOCH[shape]
    expected = [
        rate
        for rate in torchs(kind(optimizer(), **options), epochs)
        for _ in range(steps_per_epoch)
    ]
    assert course(params(schedule=shape), steps_per_epoch, epochs) == pytest.approx(expected)


@given(
    losses=st.lists(st.sampled_from([0.1, 0.5, 0.49999, 0.4, 0.3, 1e3, nan]), max_size=12),
    patience=st.integers(0, 3),
)
def test_plateau_is_torchs(losses: list[float], patience: int) -> None:
    made = optimizer()
    reference = ReduceLROnPlateau(made, factor=0.5, patience=patience)
    settings = params(schedule="plateau", plateau_patience=patience)
    for epoch in range(len(losses) + 1):
        found = {
            factor(settings, Position(3 * epoch + step, 3, 20), losses[:epoch]) for step in range(3)
        }
        assert found == {made.param_groups[0]["lr"]}
        if epoch < len(losses):
            reference.step(losses[epoch])


@pytest.mark.parametrize("warmup", [1, 2, 7])
@pytest.mark.parametrize("shape", ["constant", "cosine", "linear"])
def test_warm_up_is_torchs_linear_and_then_comes_the_rest(shape: str, warmup: int) -> None:
    # 2 steps an epoch, so that half epochs count too.
    made, steps = optimizer(), 20
    first = lr_scheduler.LinearLR(made, 1 / (warmup + 1), 1.0, warmup)
    rising = torchs(first, warmup)
    found = course(params(schedule=shape, warmup_epochs=warmup / 2), 2, steps // 2)
    assert found[:warmup] == pytest.approx(rising)
    expected = [1.0] * (steps - warmup)
    if shape != "constant":
        kind, options = PER_STEP[shape]
        expected = torchs(kind(optimizer(), **options(steps - warmup)), steps - warmup)
    assert found[warmup:] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("shape", ["step", "multi_step", "exponential"])
def test_warm_up_leads_to_the_schedule_that_counts_every_epoch(shape: str) -> None:
    whole = course(params(schedule=shape), 4, 6)
    warmed = course(params(schedule=shape, warmup_epochs=3.0), 4, 6)
    assert warmed == pytest.approx(
        [value * min(1, (step + 1) / 13) for step, value in enumerate(whole)]
    )


def test_plateau_warms_up_too() -> None:
    settings = params(schedule="plateau", warmup_epochs=4.0, plateau_patience=0)
    assert factor(settings, Position(1, 1, 9), [1.0]) == pytest.approx(2 / 5)
    assert factor(settings, Position(3, 1, 9), [1.0, 1.0, 0.5]) == pytest.approx(4 / 5 / 2)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("warmup", [0.0, 0.3, 1.0, 2.5, 40.0])
def test_a_factor_is_above_0_and_at_most_1(shape: str, warmup: float) -> None:
    warmup = 0.0 if shape == "one_cycle" else warmup
    found = course(params(schedule=shape, warmup_epochs=warmup), 7, 3)
    assert min(found) > 0
    assert max(found) <= 1


@pytest.mark.parametrize("shape", SHAPES)
def test_applying_sets_every_groups_rate(shape: str) -> None:
    made = [optimizer(0.5), optimizer(2.0)]
    other = {"params": [torch.zeros(1)], "initial_lr": 3.0, "undecayed_lr": 3.0, "lr": 3.0}
    made[1].add_param_group(other)
    settings, position, losses = params(schedule=shape), Position(4, 2, 9), [1.0, 2.0, 3.0]
    for _ in range(2):  # the second time it starts from other rates
        first = apply(made, settings, position, losses)
        share = factor(settings, position, losses)
        rates = [group["lr"] for one in made for group in one.param_groups]
        assert rates == [0.5 * share, 2.0 * share, 3.0 * share]
        assert first == 4 * 0.5 * share


def test_what_a_schedule_does_not_use_may_be_anything() -> None:
    for shape in ("constant", "cosine", "linear"):
        assert course(params(schedule=shape, milestones=(), gamma=1.0), 2, 3) == course(
            params(schedule=shape), 2, 3
        )


def test_one_cycle_has_its_own_warm_up() -> None:
    message = "warmup_epochs is 0.5, but schedule one_cycle has a warm-up of its own; set"
    with pytest.raises(ValidationError, match=message):
        params(schedule="one_cycle", warmup_epochs=0.5)


@pytest.mark.parametrize("milestones", [(3, 2), (2, 2)])
def test_milestones_must_ascend(milestones: Sequence[int]) -> None:
    with pytest.raises(ValidationError, match="milestones must ascend, are"):
        params(milestones=milestones)


def test_multi_step_needs_milestones() -> None:
    with pytest.raises(ValidationError, match="milestones is empty; name some epochs"):
        params(schedule="multi_step", milestones=())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schedule", "polynomial"),
        ("warmup_epochs", -0.1),
        ("warmup_epochs", float("inf")),
        ("step_epochs", 0),
        ("milestones", (0,)),
        ("milestones", (1.5,)),
        ("gamma", 0.0),
        ("gamma", 1.1),
        ("plateau_patience", -1),
    ],
)
def test_values_out_of_bounds_are_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError, match=key):
        params(**{key: value})


def test_plateaus_by_hand() -> None:
    assert schedule.plateaus([], 0) == 0
    assert schedule.plateaus([1.0, 1.0, 1.0, 1.0], 0) == 3
    assert schedule.plateaus([1.0, 1.0, 1.0, 0.9, 1.0, 1.0, 1.0], 1) == 2


@pytest.mark.parametrize(
    ("shape", "steps", "told"),
    [("one_cycle", 1, True), ("one_cycle", 2, False), ("constant", 1, False), ("cosine", 1, False)],
)
def test_a_single_step_at_which_nothing_is_learned_is_told(
    shape: str, steps: int, *, told: bool
) -> None:
    settings = params(schedule=shape)
    assert bool([*remarks(settings, steps)]) == told
    assert (factor(settings, Position(0, steps, 1), []) < 1e-5) == told
