"""What every picture is brought to before a network sees it."""

from typing import Literal, NamedTuple

Channels = Literal[1, 3]
Resize = Literal["stretch", "crop", "pad"]
Interpolation = Literal["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]


class InputSpec(NamedTuple):
    """Size and channels of the pixels, and how a picture of another size gets there."""

    height: int  # pixels
    width: int  # pixels
    channels: Channels
    resize: Resize
    interpolation: Interpolation
