"""Mean and standard deviation by which pixels are normalised, and the histogram behind them."""

from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Int64, UInt8
from PIL import Image as Picture
from pydantic import Field

from stages.params import Params

# Of ImageNet's training images, as the weights of torchvision's models expect them.
IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
MIN_STD = 1 / 255  # one level of brightness


class Normalization(Params):
    """Parameters of normalisation."""

    normalize: Literal["dataset", "imagenet", "half", "none", "weights"] = Field(
        description="by mean and std of train, ImageNet, or train.weights; half: to [-1, 1]; "
        "none: to [0, 1]"
    )


class Moments(NamedTuple):
    """Mean and standard deviation of each channel, in units of [0, 1], or none."""

    mean: tuple[float, ...]  # [C]
    std: tuple[float, ...]  # [C]


def compute_moments(params: Normalization, counts: Int64[np.ndarray, "c 256"]) -> Moments:
    """Return the moments that the parameters name; `counts` is the histogram of train.

    For `weights` there are none: which weights training starts from, that stage alone knows.
    """
    if params.normalize == "weights":
        return Moments((), ())
    if params.normalize == "dataset":
        return dataset_moments(counts)
    if params.normalize == "imagenet":
        return Moments(*IMAGENET)
    mean, std = (0.5, 0.5) if params.normalize == "half" else (0.0, 1.0)
    return Moments((mean,) * len(counts), (std,) * len(counts))


def histogram(images: UInt8[np.ndarray, "_ h w c"]) -> Int64[np.ndarray, "c 256"]:
    """Count the pixels of every value, per channel; integers may be added up in any order."""
    *_, width, channels = images.shape
    if not len(images):
        return np.zeros((channels, 256), np.int64)
    # As one tall picture: Pillow counts three times as fast as NumPy.
    tall = images.reshape(-1, width, channels)
    picture = Picture.fromarray(tall.squeeze(-1) if channels == 1 else tall)
    return np.array(picture.histogram(), np.int64).reshape(channels, 256)


def dataset_moments(counts: Int64[np.ndarray, "c 256"]) -> Moments:
    """Return mean and standard deviation over all pixels; the sums are integers, hence exact.

    The standard deviation is one level at least, so that nothing is divided by 0.
    """
    values, number = np.arange(256), counts[0].sum()
    mean = counts @ values / number  # [C]
    variance = counts @ values**2 / number - mean**2
    std = np.maximum(np.sqrt(np.maximum(variance, 0)) / 255, MIN_STD)
    return Moments(tuple((mean / 255).tolist()), tuple(std.tolist()))
