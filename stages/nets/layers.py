"""Layers that networks share: normalisation of pixels, deterministic adaptive pooling."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor, nn


class Normalize(nn.Module):
    """Scale pixels to [0, 1], subtract the mean and divide by the standard deviation."""

    scale: Tensor
    shift: Tensor

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        """Take mean and std per channel, in units of [0, 1]."""
        super().__init__()
        means, stds = (torch.tensor(part)[:, None, None] for part in (mean, std))  # [C, 1, 1] each
        self.register_buffer("scale", 1 / (255 * stds))
        self.register_buffer("shift", -means / stds)

    def forward(
        self, images: UInt8[Tensor, "b h w c"] | Float[Tensor, "b h w c"]
    ) -> Float[Tensor, "b c h w"]:
        """Take pixels in [0, 255]: as stored, or as floats, as mixing returns them.

        Returns a view with channels first; in memory they stay last (channels-last).
        """
        # Permuted first: ONNX Runtime is slow at broadcasting along the last dimension.
        return torch.addcmul(self.shift, images.permute(0, 3, 1, 2).float(), self.scale)


class AdaptiveAverage(nn.Module):
    """Adaptive average pooling as products with two matrices, which is deterministic on a GPU.

    As torch.nn.AdaptiveAvgPool2d, regions overlap where the sizes do not divide.
    """

    rows: Tensor
    columns: Tensor

    def __init__(self, found: Sequence[int], wanted: Sequence[int]) -> None:
        """Take height and width of the features, and of the grid."""
        super().__init__()
        rows, columns = (pooling_weights(*sizes) for sizes in zip(found, wanted, strict=True))
        self.register_buffer("rows", rows, persistent=False)
        self.register_buffer("columns", columns.T.contiguous(), persistent=False)

    def forward(self, features: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c _ _"]:
        """Return the means of the regions."""
        return self.rows @ features @ self.columns


def pooling_weights(found: int, wanted: int) -> Float[Tensor, "{wanted} {found}"]:
    """Return the weight of each position in each region: the pools of unit vectors."""
    return F.adaptive_avg_pool1d(torch.eye(found), wanted).T.contiguous()
