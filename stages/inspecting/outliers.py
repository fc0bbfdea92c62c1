"""Images that are like no class: far from the mean of every class, as the network sees them.

The distance is 1 less the cosine between the features of an image and the nearest mean of a class
of train. Of planted images it found as many as the distance to the neighbour at 2 % of the data,
and more than that to the 10 nearest, which images of another kind are to each other
(docs/inspecting.md).
"""

from math import ceil

import numpy as np
from jaxtyping import Float, Float32, Int64
from pydantic import Field

from stages.inspecting.whole_vectors import cosine, whole
from stages.params import Params


class Outliers(Params):
    """Parameter of which images are far from all others."""

    outliers: float = Field(
        ge=0, le=1, description="share of the images that are listed as outliers, the farthest"
    )


def distances(
    features: Float32[np.ndarray, "n d"],
    labels: Int64[np.ndarray, " n"],
    train: Int64[np.ndarray, " t"],
) -> Float[np.ndarray, " n"]:
    """Return how far each image is from the nearest class, in [0, 2]; `train` has the classes."""
    seen = np.unique(labels[train])
    sums = [features[train[labels[train] == label]].astype(np.int64).sum(0) for label in seen]
    means = whole(np.stack(sums))
    return 1 - cosine((features @ means.T).max(1))


def farthest(
    distance: Float[np.ndarray, " n"], share: float
) -> tuple[Int64[np.ndarray, " m"], Float[np.ndarray, " m"]]:
    """Return the share of images that are farthest, farthest first, each with a score in [0, 1].

    It is 0 where an image is as far as the median, and tends to 1 the farther it is.
    """
    rows = np.argsort(-distance, kind="stable")[: ceil(share * len(distance))]
    middle = np.sort(distance)[len(distance) // 2] if len(distance) else 0.0
    rows = rows[distance[rows] > middle]
    return rows, 1 - middle / distance[rows]
