"""Mean and standard deviation by which pixels are normalised."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import UInt8
from pydantic import Field

from stages.params import Params

# Of ImageNet's training images, as the weights of torchvision's models expect them.
IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SMALLEST = 1 / 255  # of a standard deviation: one level of brightness


class Normalization(Params):
    """Parameters of the normalisation."""

    normalize: Literal["dataset", "imagenet", "half", "none"] = Field(
        description="by mean and std of train or ImageNet; half: to [-1, 1]; none: to [0, 1]"
    )


class Moments(NamedTuple):
    """Per channel, in units of [0, 1]."""

    mean: tuple[float, ...]  # [C]
    std: tuple[float, ...]  # [C]


def normalization(
    params: Normalization, channels: int, train: Iterable[UInt8[np.ndarray, "_ h w c"]]
) -> Moments:
    """Return what the parameters ask for; `train` is read in one pass, for `dataset` alone."""
    if params.normalize == "dataset":
        return moments(train, channels)
    if params.normalize == "imagenet":
        return Moments(*IMAGENET)
    mean, std = (0.5, 0.5) if params.normalize == "half" else (0.0, 1.0)
    return Moments((mean,) * channels, (std,) * channels)


def moments(chunks: Iterable[UInt8[np.ndarray, "_ h w c"]], channels: int) -> Moments:
    """Return mean and standard deviation over all pixels; the sums are whole numbers, hence exact.

    A channel that is even throughout counts as varying by one level, so that nothing divides by 0.
    """
    values = np.arange(256)
    counts = np.zeros((channels, 256), np.int64)  # of every value
    for chunk in chunks:
        for channel in range(channels):
            counts[channel] += np.bincount(chunk[..., channel].ravel(), minlength=256)
    number = counts[0].sum()
    mean = counts @ values / number  # [C]
    variance = counts @ values**2 / number - mean**2
    std = np.maximum(np.sqrt(np.maximum(variance, 0)) / 255, SMALLEST)
    return Moments(tuple((mean / 255).tolist()), tuple(std.tolist()))
