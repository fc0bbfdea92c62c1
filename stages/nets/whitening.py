"""A first layer that is computed from the images rather than learned (Page 2019)."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

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
        """Take random filters; `initialize` computes them."""
        super().__init__()
        patch = channels * SIDE**2
        self.filters = 2 * patch
        self.register_buffer("weight", torch.randn(self.filters, channels, SIDE, SIDE) / patch**0.5)
        self.bias = nn.Parameter(torch.zeros(self.filters))

    def forward(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b _ _ _"]:
        """Return features of `filters` channels, one row and one column less."""
        return F.conv2d(images, self.weight, self.bias)

    def initialize(self, images: Float[Tensor, "b c h w"]) -> None:
        """Compute the filters from normalised images."""
        values, vectors = torch.linalg.eigh(covariance(images).cpu())  # ascending, in columns
        scaled = (vectors / (values + EPSILON).sqrt()).T.flip(0)
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
