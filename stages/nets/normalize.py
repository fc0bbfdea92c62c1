"""The first layer of every classifier: from stored pixels to what a network learns from."""

from collections.abc import Sequence

import torch
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
        """Take pixels in [0, 255]: as stored, or as floats, which is what mixing makes of them.

        Returns a view with channels first; in memory they stay last, which convolutions like.
        """
        # Turned first: ONNX Runtime is slow at what differs with each number of a row.
        return torch.addcmul(self.shift, images.permute(0, 3, 1, 2).float(), self.scale)
