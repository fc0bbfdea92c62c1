"""Residual networks for small images (He et al. 2016, section 4.2)."""

from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn

from stages.nets.interface import Interface


class ResnetSmall(nn.Module):
    """A 3 x 3 convolution, a residual block an entry of `filters`, and the mean over positions.

    The resolution halves where the width changes: [16] * 3 + [32] * 3 + [64] * 3 is ResNet-20, and
    [64, 64, 128, 128, 256, 256, 512, 512] a ResNet-18 for small images.
    """

    def __init__(self, filters: tuple[int, ...], interface: Interface) -> None:
        super().__init__()
        self.stem = nn.Sequential(*convolution(interface.channels, filters[0], 1), nn.ReLU())
        self.body = nn.Sequential(*(Block(*pair) for pair in pairwise((filters[0], *filters))))
        self.head = nn.Linear(filters[-1], len(interface.classes))

    def forward(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k"]:
        """Map normalised images to logits."""
        features: Tensor = self.body(self.stem(images))
        logits: Tensor = self.head(features.mean((2, 3)))
        return logits


class Block(nn.Module):
    """Two convolutions and a shortcut past them, which has weights only where the width changes."""

    def __init__(self, inputs: int, filters: int) -> None:
        super().__init__()
        stride = 1 if inputs == filters else 2
        self.residual = nn.Sequential(
            *convolution(inputs, filters, stride), nn.ReLU(), *convolution(filters, filters, 1)
        )
        self.shortcut = nn.Sequential()
        if stride == 2:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, filters, 1, stride, bias=False), nn.BatchNorm2d(filters)
            )

    def forward(self, features: Float[Tensor, "b i h w"]) -> Float[Tensor, "b o _ _"]:
        """Add the residual to the shortcut."""
        return nn.functional.relu(self.residual(features) + self.shortcut(features))


def convolution(inputs: int, filters: int, stride: int) -> tuple[nn.Module, nn.Module]:
    """Return a 3 x 3 convolution and its norm, which has the bias."""
    return nn.Conv2d(inputs, filters, 3, stride, 1, bias=False), nn.BatchNorm2d(filters)
