"""Random erasing."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, Float64, UInt8
from pydantic import Field
from torch import Tensor

from stages.params import Params
from stages.training.augmentation.draws import Draws, Indices, Transform, inscribed, inside

# After Zhong et al. 2017; the values are torchvision's.
AREAS = (0.02, 0.33)
RATIOS = (0.3, 3.3)


class Erasing(Params):
    """Parameters of random erasing."""

    erasing: float = Field(
        ge=0, le=1, description="share of the images in which a random box is made black; 0: off"
    )


def erasures(params: Erasing, draws: Draws) -> Iterator[Transform]:
    """Draw the box of each image; it is empty for those that are not erased."""
    uniform = draws.uniform("erasing", 5)

    def rows(indices: Indices) -> Float64[np.ndarray, "b 4"]:
        drawn = uniform(indices)
        boxes = inscribed(drawn[:, 1:], AREAS, RATIOS)
        return np.where(drawn[:, :1] < params.erasing, boxes, 0.0)

    if params.erasing:
        yield Transform(erase, rows)


def erase(
    images: UInt8[Tensor, "b h w c"], boxes: Float[Tensor, "b 4"]
) -> UInt8[Tensor, "b h w c"]:
    """Make the box of each image black."""
    _, height, width, _ = images.shape
    return images * ~inside(boxes, height, width)[..., None]
