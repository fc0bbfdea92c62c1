"""In which order an epoch goes through the images."""

from typing import Literal

import numpy as np
import torch
from jaxtyping import Int64
from pydantic import Field
from torch import Tensor

from stages.params import Params


class Sampling(Params):
    """Parameters of the order."""

    sampling: Literal["shuffle", "balanced"] = Field(
        description="shuffle: every image once an epoch; balanced: every class equally often"
    )


def order(
    labels: Int64[Tensor, " n"], params: Sampling, seed: int, epoch: int
) -> Int64[Tensor, " n"]:
    """Return the indices of an epoch's images; they depend on (seed, epoch), not on other draws."""
    rng = np.random.default_rng((seed, epoch))
    if params.sampling == "shuffle":
        return torch.from_numpy(rng.permutation(len(labels)))
    return torch.from_numpy(_balanced(labels.cpu().numpy(), rng))


def _balanced(labels: Int64[np.ndarray, " n"], rng: np.random.Generator) -> Int64[np.ndarray, " n"]:
    """Draw as many of every class; what does not divide goes to classes by lot.

    No image of a class comes again before all the others of the class have come.
    """
    starts = np.unique(np.sort(labels), return_index=True)[1]
    classes = np.split(np.argsort(labels, kind="stable"), starts[1:])
    quota, left = divmod(len(labels), len(classes))
    drawn = []
    for rows, lot in zip(classes, rng.permutation(len(classes)), strict=True):
        count = quota + (lot < left)
        deals = np.tile(rows, (-(-count // len(rows)), 1))
        drawn.append(rng.permuted(deals, axis=1).ravel()[:count])
    return rng.permutation(np.concatenate(drawn))
