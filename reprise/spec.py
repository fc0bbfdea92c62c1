"""The input of a network: its size and channels, and how pictures are resized to it."""

from typing import Literal, NamedTuple

Channels = Literal[1, 3]  # greyscale, RGB
Resize = Literal["stretch", "crop", "pad"]
Interpolation = Literal["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]


class InputSpec(NamedTuple):
    """Size and channels of the input, and how pictures of another size are resized to it."""

    height: int  # pixels
    width: int  # pixels
    channels: Channels
    resize: Resize
    interpolation: Interpolation
