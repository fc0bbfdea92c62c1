"""Learning-rate schedules: pure functions of the position in the training."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import cos, inf, pi
from typing import Literal, NamedTuple

from pydantic import Field, model_validator
from torch.optim import Optimizer

from stages.params import Epochs, Params

Shape = Literal[
    "constant", "step", "multi_step", "exponential", "cosine", "one_cycle", "linear", "plateau"
]


class Schedule(Params):
    """Parameters of the schedule; epochs count from the first, warm-up included."""

    schedule: Shape = Field(description="course of the learning rate; cosine and linear end at 0")
    warmup_epochs: float = Field(
        ge=0, le=100_000, description="epochs in which the learning rate rises from near 0"
    )
    step_epochs: Epochs = Field(description="epochs from one drop to the next (step)")
    milestones: tuple[Epochs, ...] = Field(
        max_length=1000, description="epochs after which it drops (multi_step)"
    )
    gamma: float = Field(
        gt=0,
        le=1,
        description="factor of a drop (step, multi_step, plateau), or of every epoch (exponential)",
    )
    plateau_patience: int = Field(
        ge=0,
        le=100_000,
        description="epochs without a lower validation loss to wait for before a drop (plateau)",
    )

    @model_validator(mode="after")
    def _one_rise(self) -> "Schedule":
        if self.schedule == "one_cycle" and self.warmup_epochs:
            raise ValueError(
                f"warmup_epochs is {self.warmup_epochs:g}, but schedule one_cycle has a warm-up of "
                "its own; set warmup_epochs to 0, or schedule to cosine"
            )
        return self

    @model_validator(mode="after")
    def _milestones_ascend(self) -> "Schedule":
        for before, after in pairwise(self.milestones):
            if before >= after:
                raise ValueError(
                    f"milestones must ascend, are {before} and then {after}; sort them"
                )
        if self.schedule == "multi_step" and not self.milestones:
            raise ValueError("schedule is multi_step, but milestones is empty; name some epochs")
        return self


class Position(NamedTuple):
    """The position of a step in the training."""

    step: int  # from 0, through all epochs
    steps_per_epoch: int
    epochs: int  # in all


def apply(
    optimizers: Iterable[Optimizer], params: Schedule, position: Position, losses: Sequence[float]
) -> float:
    """Set the learning rates of a step; return what train.lr is in it, which the last layer has."""
    share, rates = factor(params, position, losses), list[float]()
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"] * share
            rates.append(group["undecayed_lr"] * share)
    return rates[0]


def factor(params: Schedule, position: Position, losses: Sequence[float]) -> float:
    """Return the factor of the peak learning rate at a step.

    `losses` are those on val, of the finished epochs: all the state that `plateau` has, so that a
    resumed training needs no other.
    """
    warmup = round(params.warmup_epochs * position.steps_per_epoch)
    rise = min(1.0, (position.step + 1) / (warmup + 1))
    done = max(0, position.step - warmup)
    steps = max(1, position.steps_per_epoch * position.epochs - warmup)
    match params.schedule:
        case "cosine":  # Loshchilov and Hutter 2017, eq. 5
            return rise * _half_cosine(1.0, 0.0, done / steps)
        case "linear":
            return rise * (1 - done / steps)
        case "one_cycle":
            return one_cycle(done, steps)
    return rise * params.gamma ** _drops(params, position, losses)


def remarks(params: Schedule, steps: int) -> Iterator[str]:
    """Warn of a training of so few steps that its schedule leaves the learning rate near 0."""
    if params.schedule == "one_cycle" and steps == 1:
        yield (
            "training is a single step, which one_cycle takes at 1/250,000 of train.lr: nothing "
            "is learned; take more epochs, a smaller batch_size, or schedule constant"
        )


def one_cycle(step: int, steps: int) -> float:
    """Rise from 1/25 to 1 in 0.3 of the steps, fall to 1/250,000 (Smith and Topin 2018).

    The constants are those of torch's OneCycleLR.
    """
    peak, last = 0.3 * steps - 1, steps - 1
    if step <= peak:
        return _half_cosine(1 / 25, 1.0, step / peak if peak else 1.0)
    return _half_cosine(1.0, 1 / 25e4, (step - peak) / (last - peak))


def _drops(params: Schedule, position: Position, losses: Sequence[float]) -> int:
    """Count how often the learning rate has been multiplied by gamma."""
    epoch = position.step // position.steps_per_epoch  # from 0
    match params.schedule:
        case "step":
            return epoch // params.step_epochs
        case "multi_step":
            return sum(epoch >= milestone for milestone in params.milestones)
        case "exponential":
            return epoch
        case "plateau":
            return plateaus(losses, params.plateau_patience)
    return 0


def plateaus(losses: Iterable[float], patience: int) -> int:
    """Count how often more than `patience` epochs passed without a loss lower by 0.01 %.

    The threshold is that of torch's ReduceLROnPlateau.
    """
    best, waited, count = inf, 0, 0
    for loss in losses:
        waited += 1
        if loss < best * (1 - 1e-4):
            best, waited = loss, 0
        elif waited > patience:
            waited, count = 0, count + 1
    return count


def _half_cosine(start: float, end: float, share: float) -> float:
    """Interpolate from start to end along half a cosine."""
    return end + (start - end) * (1 + cos(pi * share)) / 2
