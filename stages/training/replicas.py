"""Compare the weights of all processes, which are equal unless hardware computes wrongly."""

from collections import Counter
from hashlib import blake2b

import torch

from stages.errors import UserError
from stages.training.state import Learner
from stages.world import World


def require_equal(learner: Learner, world: World) -> None:
    """Compare a digest of the weights; one process alone has nothing to compare.

    Raises:
        UserError: a process has other weights than most.
    """
    if world.size == 1:
        return
    digest = blake2b(digest_size=8)
    for held in learner.network.state_dict().values():
        digest.update(held.cpu().contiguous().view(-1).view(torch.uint8).numpy())
    every = world.gather_objects(digest.hexdigest())
    usual, _ = Counter(every).most_common(1)[0]
    for rank, found in enumerate(every):
        if found != usual:
            raise UserError(
                f"process {rank} on {world.names[rank]} has other weights after epoch "
                f"{len(learner.history)} than process {every.index(usual)} on "
                f"{world.names[every.index(usual)]}: the hardware of one of them computes wrongly; "
                "test their memory, leave out the wrong one, and run the stage again"
            )
