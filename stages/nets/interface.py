"""What goes into a classifier and what comes out: all that its users must know."""

from pydantic import PositiveInt

from stages.params import Params


class Interface(Params):
    """The images a network is fed, and the names of its logits."""

    classes: tuple[str, ...]  # [K]
    height: PositiveInt  # pixels
    width: PositiveInt  # pixels
    channels: PositiveInt
    mean: tuple[float, ...]  # [C], of the training split, in units of [0, 1]
    std: tuple[float, ...]  # [C], likewise
