"""From an encoded image to pixels of the size that the network sees."""

from io import BytesIO

import numpy as np
from jaxtyping import UInt8
from PIL import Image as Picture

from stages.artifacts.raw import Image
from stages.errors import UserError


def decode(image: Image, size: int) -> UInt8[np.ndarray, "size size 1"]:
    """Decode, turn to greyscale and resize to `size` x `size` pixels, antialiased.

    Raises:
        UserError: the bytes are no image that Pillow can read.
    """
    try:
        with Picture.open(BytesIO(image.data)) as picture:
            grey = picture.convert("L").resize((size, size), Picture.Resampling.BICUBIC)
    except Exception as error:  # damaged bytes make Pillow raise almost anything
        raise UserError(
            f"{image.path}: cannot be decoded ({error}); mend or remove it at its source"
        ) from error
    return np.asarray(grey)[..., None]


def moments(
    images: UInt8[np.ndarray, "n h w c"],
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and standard deviation per channel, in units of [0, 1], each [C].

    Counting the 256 values first makes the sums exact, however many images there are.
    """
    values = np.arange(256) / 255
    means, stds = [], []
    for channel in np.moveaxis(images, -1, 0):  # [N, H, W]
        share = np.bincount(channel.ravel(), minlength=256) / channel.size  # [256]
        mean = float(share @ values)
        means.append(mean)
        stds.append(float(np.sqrt(share @ (values - mean) ** 2)))
    return tuple(means), tuple(stds)
