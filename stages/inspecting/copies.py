"""Near-duplicates, judged by how near two images are for where they lie.

A fixed bound will not do: handwritten ones are more alike than crops of one photograph. So each
image has a scale, the distance to its neighbour of rank RANK, and two are near-duplicates where
the distance between them is a small share of the scale of either. The distance is that of the
thumbnails, or the mean of both shares, of thumbnails and features, where it is smaller. Candidates
are the neighbours by still smaller thumbnails, in grey, as are all.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Float32, Int64, UInt8
from pydantic import Field

from stages.inspecting.neighbours import nearest
from stages.near_duplicates import SIDE, Pairs, Similarity, deduplicate
from stages.whole_vectors import cosine, whole

COARSE = 8  # pixels a side of the thumbnails by which candidates are found
CANDIDATES = 10  # of an image
RANK = 5  # of the neighbour whose distance is the scale of an image
LEAST = 0.7  # correlation of two thumbnails that are compared at all
ROWS = 2048  # images whose candidates are compared at once


class Copies(Similarity):
    """Parameters of what counts as nearly the same."""

    nearness: float = Field(
        ge=0,
        le=1,
        description="so do images whose distance is at most this share of that to their "
        "neighbours, in thumbnails, or in thumbnails and features",
    )


class Compared(NamedTuple):
    """An image a row with its candidates."""

    candidates: Int64[np.ndarray, "n k"]
    similarity: Float[np.ndarray, "n k"]  # correlation of the thumbnails
    share: Float[np.ndarray, "n k"]  # of the distance in the scale


def find_copies(
    thumbnails: UInt8[np.ndarray, "n s s"], features: Float32[np.ndarray, "n d"], params: Copies
) -> Pairs:
    """Return the pairs of near-duplicates."""
    vectors, rows, equal = deduplicate(thumbnails)
    compared = compare(thumbnails[rows], vectors, features[rows])
    first, second, similarity = _near(compared, params)
    near = Pairs(rows[first], rows[second], similarity)
    return Pairs(*(np.concatenate(column) for column in zip(equal, near, strict=True)))


def compare(
    thumbnails: UInt8[np.ndarray, "n s s"],
    fine: Float32[np.ndarray, "n t"],
    features: Float32[np.ndarray, "n d"],
) -> Compared:
    """Compare each image, of its own thumbnail, with its candidates."""
    half = SIDE // COARSE
    blocks = thumbnails.reshape(-1, COARSE, half, COARSE, half).sum((2, 4), dtype=np.uint16)
    found = nearest(whole(blocks.reshape(-1, COARSE * COARSE), centre=True), CANDIDATES)
    similarity, likeness = (cosine(_products(vectors, found)) for vectors in (fine, features))
    shares = [_share(np.sqrt(2 - 2 * values), found) for values in (similarity, likeness)]
    return Compared(found, similarity, np.minimum(shares[0], (shares[0] + shares[1]) / 2))


def _products(
    vectors: Float32[np.ndarray, "n d"], found: Int64[np.ndarray, "n k"]
) -> Float32[np.ndarray, "n k"]:
    """Return the products of each vector with those of its candidates."""
    made = np.empty(found.shape, np.float32)
    for start in range(0, len(found), ROWS):
        rows = slice(start, start + ROWS)
        made[rows] = np.einsum("nd,nkd->nk", vectors[rows], vectors[found[rows]])
    return made


def _share(
    distance: Float[np.ndarray, "n k"], found: Int64[np.ndarray, "n k"]
) -> Float[np.ndarray, "n k"]:
    """Return distances as shares of the smaller scale of both images."""
    if found.shape[1] < RANK:  # too few images for a scale
        return np.full(distance.shape, np.inf)
    scale = np.sort(distance, axis=1)[:, RANK - 1]
    smaller = np.minimum(scale[:, None], scale[found])
    shares: np.ndarray = distance / np.maximum(smaller, np.finfo(np.float64).tiny)
    return shares


def _near(compared: Compared, params: Copies) -> Pairs:
    """Return the pairs that are near, each once."""
    near: Bool[np.ndarray, "n k"] = compared.similarity >= params.similarity
    near |= (compared.share <= params.nearness) & (compared.similarity >= LEAST)
    rows, columns = np.nonzero(near)
    others, similarity = compared.candidates[rows, columns], compared.similarity[rows, columns]
    first, second = np.minimum(rows, others), np.maximum(rows, others)
    once = np.unique(np.stack([first, second]), axis=1, return_index=True)[1]
    return Pairs(first[once], second[once], similarity[once])
