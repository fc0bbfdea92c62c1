"""The input and output of a network: the images it takes, and the classes of its logits."""

from pydantic import PositiveInt

from reprise.spec import Interpolation, Resize
from stages.errors import UserError
from stages.params import Params

HUGE = 10**6  # pixels: a side that messages do not state exactly


class Interface(Params):
    """The images a network takes, and the classes of its logits."""

    classes: tuple[str, ...]  # [K]
    height: PositiveInt  # pixels
    width: PositiveInt  # pixels
    channels: PositiveInt
    resize: Resize  # how images of another size are resized to this one
    interpolation: Interpolation  # the filter of the resizing
    mean: tuple[float, ...]  # [C], in units of [0, 1]; none in splits that leave it to the weights
    std: tuple[float, ...]  # [C], likewise

    @property
    def is_open(self) -> bool:
        """Tell whether mean and std are left to the weights that training starts from."""
        return not self.mean and not self.std


def flaws(interface: Interface, *, may_be_open: bool = False) -> str:
    """Say why no network can have this interface, or return nothing."""
    channels, classes = interface.channels, interface.classes
    counts = {len(interface.mean), len(interface.std)}
    if counts != {channels} and not (may_be_open and interface.is_open):
        moments = f"{len(interface.mean)} means and {len(interface.std)} standard deviations"
        return f"there are {moments} for {channels} channels"
    if not all(value > 0 for value in interface.std):
        return f"standard deviations are {list(interface.std)}, expected above 0"
    if not classes or len({*classes}) < len(classes):
        return "classes are none, or one name is there twice"
    return ""


def require(interface: Interface, least: int, network: str) -> None:
    """Refuse images that are too small for the layers of a network.

    Raises:
        UserError: height or width is below `least` pixels.
    """
    if min(interface.height, interface.width) < least:
        side = least if least < HUGE else f"{HUGE:,} and more"
        raise UserError(
            f"params.yaml: train.network {network} needs images of {side} x {side} pixels or "
            f"more, preprocess.image_size is [{interface.height}, {interface.width}]; "
            "enlarge it, or choose a network with fewer layers"
        )
