"""Images that are like no class: far from the mean of every class, as the network sees them.

The distance is 1 less the cosine between the features of an image and the nearest mean of a class
of train. Of planted images it found as many as the distance to the neighbour at 2 % of the data,
and more than that to the 10 nearest, which images of another kind are to each other
(docs/inspecting.md).
"""

from math import ceil

import numpy as np
from jaxtyping import Bool, Float, Float32, Int64
from pydantic import Field

from stages.params import Params
from stages.whole_vectors import cosine, whole


class Outliers(Params):
    """Parameter of which images are far from all others."""

    outliers: float = Field(
        ge=0, le=1, description="share of the images that are listed as outliers, the farthest"
    )


def distances(
    features: Float32[np.ndarray, "n d"],
    labels: Int64[np.ndarray, " n"],
    trained: Bool[np.ndarray, " n"],
) -> Float[np.ndarray, " n"]:
    """Return how far each image is from the nearest class, 1 being the median.

    The images that the network trained on have the classes, and, as they are nearer, a median of
    their own.
    """
    own = labels[trained]
    sums = [features[trained][own == label].astype(np.int64).sum(0) for label in np.unique(own)]
    found = 1 - cosine((features @ whole(np.stack(sums)).T).max(1))
    for side in (trained, ~trained):
        if side.any():
            middle = np.sort(found[side])[side.sum() // 2]
            found[side] /= middle if middle > 0 else 1
    return found


def farthest(
    distance: Float[np.ndarray, " n"], share: float
) -> tuple[Int64[np.ndarray, " m"], Float[np.ndarray, " m"]]:
    """Return the share of images that are farthest, farthest first, each with a score in [0, 1].

    It is 0 where an image is as far as the median, and tends to 1 the farther it is.
    """
    rows = np.argsort(-distance, kind="stable")[: ceil(share * len(distance))]
    rows = rows[distance[rows] > 1]
    return rows, 1 - 1 / distance[rows]
