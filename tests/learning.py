"""Short trainings that the unit tests of the train stage share."""

from collections.abc import Callable
from io import BytesIO
from math import inf
from typing import Any

import pytest
import torch
from torch import Tensor
from toys import CARD, TRAIN, split

from stages.batches import Resident, to_device
from stages.nets.network import Network
from stages.train import Train, train
from stages.training import loop
from stages.training.accumulation import Images
from stages.training.loop import Update
from stages.training.losses import Targets
from stages.training.setup import build_step
from stages.training.state import Outcome
from stages.training.step import Step, whole_step

AT_ONCE, NEVER = -inf, inf  # seconds from one look at the loss to the next
torch.set_num_threads(1)  # two crawl when the machine is busy
DATA = to_device(split(22), torch.device("cpu"))  # 3 steps of 8, 8 and 6 images
HELD_OUT = to_device(split(10, seed=1), torch.device("cpu"))


def settings(**changes: object) -> Train:
    """Return parameters; those that are not named are those of the toys."""
    return Train.model_validate({**TRAIN, **changes})


def begun(params: Train, data: Resident = DATA) -> Step:
    """Return a step whose learner has not learned yet."""
    return build_step(params, CARD.model_copy(update={"network": params.part(Network)}), data)


def run_step(step: Step, images: Images, targets: Targets) -> Outcome:
    """Run a step whose images are these."""
    return step(whole_step(images, targets, step.params))


def updates(
    step: Step,
    params: Train,
    until: Callable[[int], bool] = lambda _: False,
    look: float = NEVER,
) -> list[Update]:
    """Train to the end, or up to the first number, from 0, of an update that `until` says.

    No clock decides how many there are: after every step where the loss is looked at AT_ONCE; else
    after those that end an epoch or save a checkpoint.
    """
    seen = list[Update]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "LOOK", look)
        for number, update in enumerate(train(step, DATA, HELD_OUT, params)):
            seen.append(update)
            if until(number):
                break
    return seen


def stored(value: Any) -> Any:  # noqa: ANN401
    """Return what comes back of a file that holds a value."""
    file = BytesIO()
    torch.save(value, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def same(first: object, other: object) -> bool:
    """Compare two values, and all that is in them, bit by bit."""
    match first, other:
        case Tensor(), Tensor():
            return first.dtype == other.dtype and torch.equal(first, other)
        case dict(), dict():
            return first.keys() == other.keys() and all(
                same(first[key], other[key]) for key in first
            )
        case list() | tuple(), list() | tuple():
            return len(first) == len(other) and all(map(same, first, other))
    return first == other
