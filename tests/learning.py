"""Short trainings that the unit tests of the train stage share."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import torch
from torch import Tensor
from toys import CARD, TRAIN, split

from stages.batches import Resident, to_device
from stages.nets.network import Network
from stages.train import Train, train
from stages.training.loop import Pass
from stages.training.setup import assemble
from stages.training.step import Step

torch.set_num_threads(1)  # two crawl when the machine is busy
DATA = to_device(split(22), torch.device("cpu"))  # 3 steps of 8, 8 and 6 images
HELD_OUT = to_device(split(10, seed=1), torch.device("cpu"))


def settings(**changes: object) -> Train:
    """Return parameters; those that are not named are those of the toys."""
    return Train.model_validate({**TRAIN, **changes})


def begun(params: Train, data: Resident = DATA) -> Step:
    """Return a step whose learner has not learned yet."""
    return assemble(params, CARD.model_copy(update={"network": params.part(Network)}), data)


def passes(step: Step, params: Train, until: Callable[[int], bool] = lambda _: False) -> list[Pass]:
    """Train to the end, or up to the first number, from 0, of a pass that `until` says."""
    seen = list[Pass]()
    for number, passed in enumerate(train(step, DATA, HELD_OUT, params)):
        seen.append(passed)
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
