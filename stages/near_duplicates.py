"""Images that are nearly the same: scaled, compressed again, brightened, or cut a little.

Two images are as similar as their thumbnails correlate, from -1 to 1. The thumbnails are brought to
mean 0 and one length and rounded to whole numbers, so small that a float32 product of matrices is
exact: the same pairs on every processor, whatever the order of summation.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int64, UInt8
from PIL import Image
from pydantic import Field

from stages.params import Params

SIDE = 16  # of a thumbnail, in pixels
LENGTH = 2000  # of a thumbnail as a vector: products of two stay below 2^24, where float32 ends
BLOCK = 2048  # images a side of the products that are compared at once: 16 MB


class Similarity(Params):
    """Parameter of what counts as nearly the same."""

    similarity: float = Field(
        ge=0.5,
        le=1,
        description="correlation of the thumbnails from which two images are near-duplicates",
    )


class Pairs(NamedTuple):
    """Pairs of similar images, by their indices; the first is the smaller."""

    first: Int64[np.ndarray, " m"]
    second: Int64[np.ndarray, " m"]
    similarity: Float[np.ndarray, " m"]  # at most 1


def thumbnail(picture: Image.Image) -> UInt8[np.ndarray, "s s"]:
    """Return the thumbnail of a picture, in grey."""
    small = picture.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(small)


def thumbnails(images: UInt8[np.ndarray, "n h w c"]) -> UInt8[np.ndarray, "n s s"]:
    """Return the thumbnails of images of 1 or 3 channels."""
    made = np.empty((len(images), SIDE, SIDE), np.uint8)
    for row, image in enumerate(images):
        made[row] = thumbnail(Image.fromarray(image.squeeze(2) if image.shape[2] == 1 else image))
    return made


def find_pairs(found: UInt8[np.ndarray, "n s s"], similarity: float) -> Iterator[Pairs]:
    """Yield the pairs of thumbnails that correlate at least so much, a block at a time.

    Of equal ones, each is paired with the first alone; one of a single grey has no partner.
    """
    vectors, firsts, places = np.unique(
        _vectors(found), axis=0, return_index=True, return_inverse=True
    )
    places, varied = places.ravel(), np.asarray(vectors.any(axis=1))
    yield _equal(firsts[places], varied[places])
    vectors, firsts = vectors[varied], firsts[varied]
    for top in range(0, len(vectors), BLOCK):
        for left in range(top, len(vectors), BLOCK):
            products = vectors[top : top + BLOCK] @ vectors[left : left + BLOCK].T
            rows, columns = np.nonzero(products >= similarity * LENGTH**2)
            one, other = firsts[rows + top], firsts[columns + left]
            kept = rows + top < columns + left
            values = np.minimum(products[rows, columns] / LENGTH**2, 1)[kept]
            yield Pairs(np.minimum(one, other)[kept], np.maximum(one, other)[kept], values)


def connected(count: int, blocks: Iterable[Pairs]) -> Int64[np.ndarray, " n"]:
    """Return the group of each of so many images: who is paired, directly or not, shares one.

    Groups are numbered by their first members.
    """
    # Not at the top: the workers that decode import this module too.
    from scipy.sparse import coo_array  # noqa: PLC0415
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    groups = np.arange(count)
    for pairs in blocks:
        if len(pairs.first):
            edges = groups[pairs.first], groups[pairs.second]
            graph = coo_array((np.ones(len(pairs.first), bool), edges), (count, count))
            groups = connected_components(graph, directed=False)[1][groups]
    return _numbered(groups)


def _numbered(groups: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, " n"]:
    """Number groups in the order of their first members."""
    _, firsts, inverse = np.unique(groups, return_index=True, return_inverse=True)
    ranks = np.argsort(np.argsort(firsts))
    return ranks[inverse.ravel()].astype(np.int64)


def _vectors(found: UInt8[np.ndarray, "n s s"]) -> Float[np.ndarray, "n d"]:
    """Return thumbnails as vectors of whole numbers, of mean 0 and of one length."""
    made = np.empty((len(found), SIDE * SIDE), np.float32)
    for start in range(0, len(found), BLOCK):
        pixels = found[start : start + BLOCK].reshape(-1, SIDE * SIDE).astype(np.int64)
        centred = SIDE * SIDE * pixels - pixels.sum(1, keepdims=True)
        lengths = np.sqrt((centred**2).sum(1).astype(np.float64))
        made[start : start + BLOCK] = np.rint(LENGTH * centred / np.maximum(lengths, 1)[:, None])
    return made


def _equal(firsts: Int64[np.ndarray, " n"], varied: Bool[np.ndarray, " n"]) -> Pairs:
    """Pair every image with the first that has the same thumbnail."""
    second = np.flatnonzero((firsts != np.arange(len(firsts))) & varied)
    return Pairs(firsts[second], second, np.ones(len(second)))
