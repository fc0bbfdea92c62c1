"""A fast network for small images, whose first layer whitens them (Page 2019)."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from stages.nets.interface import Interface, require

SIDE = 2  # pixels, of a patch
EPSILON = 5e-4  # variance below which a direction counts as noise (arXiv 2404.00498, listing 4)
CHUNK = 128  # images at once: their patches take 4 times their memory


class Whitening(nn.Module):
    """A convolution whose outputs are uncorrelated and of variance 1; only its bias is learned.

    Filters are the eigenvectors of the patches' covariance, each over its standard deviation, and
    their negatives, so that none is lost in the activation behind. They are a buffer: no optimizer
    and no unfreezing reaches them.
    """

    weight: Tensor

    def __init__(self, channels: int) -> None:
        """Start with random filters; `initialize` computes them."""
        super().__init__()
        patch = channels * SIDE**2
        self.filters = 2 * patch
        self.register_buffer("weight", torch.randn(self.filters, channels, SIDE, SIDE) / patch**0.5)
        self.bias = nn.Parameter(torch.zeros(self.filters))

    def forward(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b _ _ _"]:
        """Return features of `filters` channels, one row and one column fewer."""
        return F.conv2d(images, self.weight, self.bias)

    def initialize(self, images: Float[Tensor, "b c h w"]) -> None:
        """Compute the filters from normalised images."""
        values, vectors = torch.linalg.eigh(covariance(images).cpu())  # ascending, in columns
        scaled = (vectors * (values + EPSILON).rsqrt()).T.flip(0)
        filters = torch.cat([scaled, -scaled]).view_as(self.weight)
        with torch.no_grad():
            self.weight.copy_(filters)


def covariance(images: Float[Tensor, "b c h w"]) -> Float[Tensor, "p p"]:
    """Return the mean product of the pixels of all patches, in float64; images have mean 0."""
    total, count = torch.zeros((), dtype=torch.float64, device=images.device), 0
    for chunk in images.split(CHUNK):
        patches = F.unfold(chunk.double(), SIDE)  # [B, C * SIDE * SIDE, positions]
        total = total + torch.einsum("bpn,bqn->pq", patches, patches)
        count += len(patches) * patches.shape[2]
    return total / count


class Speednet(nn.Module):
    """A whitening convolution, a group an entry of `filters`, and a linear head without bias.

    The published widths are 64, 256 and 256.
    """

    def __init__(self, filters: tuple[int, ...], interface: Interface) -> None:
        """Build random weights; the whitening is computed later, from images.

        Raises:
            UserError: the images are too small for so many groups.
        """
        super().__init__()
        require(interface, 3 * 2 ** len(filters) + 1, "speednet")
        scale = 3 * 2 ** len(filters)
        positions = ((interface.height - 1) // scale) * ((interface.width - 1) // scale)
        self.whitening = Whitening(interface.channels)
        widths = self.whitening.filters, *filters
        self.body = nn.Sequential(
            nn.GELU(),
            *(layer for pair in pairwise(widths) for layer in group(*pair)),
            nn.MaxPool2d(3),
            nn.Flatten(),
        )
        self.head = nn.Linear(filters[-1] * positions, len(interface.classes), bias=False)

    def forward(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k"]:
        """Map normalised images to logits."""
        logits: Tensor = self.head(self.body(self.whitening(images)))
        return logits / 9

    def initialize(self, images: Float[Tensor, "b c h w"]) -> None:
        """Compute the whitening from some of the images to train on, normalised."""
        self.whitening.initialize(images)


def group(inputs: int, filters: int) -> tuple[nn.Module, ...]:
    """Return two convolutions, the first with a pool behind that halves the resolution."""
    return (
        identity(nn.Conv2d(inputs, filters, 3, padding=1, bias=False)),
        nn.MaxPool2d(2),
        Norm(filters),
        nn.GELU(),
        identity(nn.Conv2d(filters, filters, 3, padding=1, bias=False)),
        Norm(filters),
        nn.GELU(),
    )


def identity(convolution: nn.Conv2d) -> nn.Conv2d:
    """Initialise the first filters, one a channel of the input, as the identity (section 3.2)."""
    nn.init.dirac_(convolution.weight.data[: convolution.in_channels])
    return convolution


class Norm(nn.BatchNorm2d):
    """A batch norm that learns a bias, but no scale."""

    def __init__(self, filters: int) -> None:
        super().__init__(filters, eps=1e-12, momentum=0.4)  # the listing's 0.6 is what stays
        del self.weight
        self.register_buffer("weight", torch.ones(filters))
