"""What goes into a classifier and what comes out: all that its users must know."""

from pydantic import PositiveInt

from reprise.spec import Interpolation, Resize
from stages.errors import UserError
from stages.params import Params


class Interface(Params):
    """The images a network is fed, and the names of its logits."""

    classes: tuple[str, ...]  # [K]
    height: PositiveInt  # pixels
    width: PositiveInt  # pixels
    channels: PositiveInt
    resize: Resize  # how a picture of another size came to this one
    interpolation: Interpolation  # the filter of that
    mean: tuple[float, ...]  # [C], of the training split, in units of [0, 1]
    std: tuple[float, ...]  # [C], likewise


def require(interface: Interface, least: int, network: str) -> None:
    """Refuse images that lose their last pixel on the way through the network.

    Raises:
        UserError: height or width is below `least` pixels.
    """
    if min(interface.height, interface.width) < least:
        raise UserError(
            f"params.yaml: train.network {network} needs images of {least} x {least} pixels or "
            f"more, preprocess.image_size is [{interface.height}, {interface.width}]; "
            "enlarge it, or choose a network with fewer layers"
        )
