"""The inputs of a fine-tuning script."""

from typing import NamedTuple


class Given(NamedTuple):
    """The inputs of a fine-tuning script, as JSON."""

    architecture: str  # timm's name
    photos: str  # train/<class>/*.jpg, and test/
    weights: str  # a file of weights of ImageNet
    side: int  # pixels
    epochs: int
    seed: int
    threads: int
    balanced: bool  # whether rare classes weigh more in the loss
    mean: tuple[float, ...]  # which the weights expect
    std: tuple[float, ...]
