"""A small convolutional network."""

from jaxtyping import Float
from torch import Tensor, nn


class Cnn(nn.Module):
    """Three blocks of convolution, batch norm and ReLU, then a linear head.

    Width doubles and resolution halves from block to block; the head sees the mean over positions,
    so that images of any size from 4 x 4 will do.
    """

    def __init__(self, channels: int, classes: int, width: int) -> None:
        """Build fresh weights for images of `channels` channels; `width` filters come first."""
        super().__init__()
        self.body = nn.Sequential(
            *block(channels, width),
            nn.MaxPool2d(2),
            *block(width, 2 * width),
            nn.MaxPool2d(2),
            *block(2 * width, 4 * width),
        )
        self.head = nn.Linear(4 * width, classes)

    def forward(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k"]:
        """Map normalised images to logits."""
        features: Tensor = self.body(images)  # [B, 4 width, H/4, W/4]
        logits: Tensor = self.head(features.mean((2, 3)))
        return logits


def block(inputs: int, filters: int) -> list[nn.Module]:
    """Return a 3x3 convolution that keeps the resolution, its norm and its activation."""
    return [
        nn.Conv2d(inputs, filters, 3, padding=1, bias=False),  # the norm has the bias
        nn.BatchNorm2d(filters),
        nn.ReLU(),
    ]
