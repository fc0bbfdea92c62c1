"""Compare the learners of all processes, which are equal unless hardware computes wrongly."""

from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b

import torch
from torch import Tensor

from stages.errors import UserError
from stages.training.state import Learner
from stages.world import World


def require_equal(learner: Learner, world: World) -> None:
    """Compare digests of weights, optimizers and averages, before a checkpoint is saved.

    Raises:
        UserError: a process has others than most.
    """
    if world.size == 1:
        return
    digest = blake2b(digest_size=8)
    state = learner.state_dict()
    for held in _tensors([state["network"], state["optimizers"], state["average"]]):
        digest.update(held.cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    every = world.gather_objects(digest.hexdigest())
    usual, _ = Counter(every).most_common(1)[0]
    for rank, found in enumerate(every):
        if found != usual:
            raise UserError(
                f"process {rank} on {world.names[rank]} has other weights, "
                f"{len(learner.history)} epochs done, than process {every.index(usual)} on "
                f"{world.names[every.index(usual)]}: the hardware of one of them computes wrongly; "
                "test their memory, leave out the wrong one, and run the stage again"
            )


def _tensors(state: object) -> Iterator[Tensor]:
    """Yield the tensors of a state, in order."""
    match state:
        case Tensor():
            yield state
        case dict():
            yield from _tensors([*state.values()])
        case list() | tuple():
            for value in state:
                yield from _tensors(value)
