"""LeNet-5 (LeCun et al. 1998) as it is built today, with max pooling and ReLU."""

from jaxtyping import Float
from torch import Tensor, nn

from stages.nets.interface import Interface, require


class Lenet(nn.Module):
    """Two convolutions of 6 and 16 filters without padding, and layers of 120 and 84."""

    def __init__(self, interface: Interface) -> None:
        """Build random weights.

        Raises:
            UserError: the images are smaller than 16 x 16.
        """
        super().__init__()
        require(interface, 16, "lenet")
        rows, columns = (((side - 4) // 2 - 4) // 2 for side in (interface.height, interface.width))
        self.body = nn.Sequential(
            nn.Conv2d(interface.channels, 6, 5),
            nn.MaxPool2d(2),  # before ReLU: the same, with a quarter of its work
            nn.ReLU(),
            nn.Conv2d(6, 16, 5),
            nn.MaxPool2d(2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(16 * rows * columns, 120),
            nn.ReLU(),
            nn.Linear(120, 84),
            nn.ReLU(),
        )
        self.head = nn.Linear(84, len(interface.classes))

    def forward(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k"]:
        """Map normalised images to logits."""
        logits: Tensor = self.head(self.body(images))
        return logits
