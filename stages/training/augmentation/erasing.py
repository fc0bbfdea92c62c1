"""Random erasing."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, UInt8
from pydantic import Field
from torch import Tensor

from stages.params import Params
from stages.training.augmentation.draws import Draws, Transform, inscribed, inside

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
    if params.erasing:
        uniform = draws.uniform("erasing", 5)
        boxes = inscribed(uniform[:, 1:], AREAS, RATIOS)
        erased = uniform[:, :1] < params.erasing
        yield Transform(erase, draws.table(np.where(erased, boxes, 0.0)))


def erase(
    images: UInt8[Tensor, "b h w c"], boxes: Float[Tensor, "b 4"]
) -> UInt8[Tensor, "b h w c"]:
    """Make the box of each image black."""
    _, height, width, _ = images.shape
    return images * ~inside(boxes, height, width)[..., None]
