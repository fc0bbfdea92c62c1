"""Adaptive average pooling whose backward is deterministic on a GPU, which torch's is not."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


class AdaptiveAverage(nn.Module):
    """The means over a grid of regions, as products with two matrices of weights.

    As torch.nn.AdaptiveAvgPool2d, regions overlap where the sizes do not divide.
    """

    rows: Tensor
    columns: Tensor

    def __init__(self, found: Sequence[int], wanted: Sequence[int]) -> None:
        """Take height and width of the features, and of the grid."""
        super().__init__()
        rows, columns = (weights(*sizes) for sizes in zip(found, wanted, strict=True))
        self.register_buffer("rows", rows, persistent=False)
        self.register_buffer("columns", columns.T.contiguous(), persistent=False)

    def forward(self, features: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c _ _"]:
        """Return the means of the regions."""
        return self.rows @ features @ self.columns


def weights(found: int, wanted: int) -> Float[Tensor, "{wanted} {found}"]:
    """Return what each position adds to each region: the pools of unit vectors."""
    return F.adaptive_avg_pool1d(torch.eye(found), wanted).T.contiguous()
