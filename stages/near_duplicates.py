"""Images that are nearly the same: scaled, compressed again, brightened, or cut a little.

Two images are as similar as their thumbnails correlate, from -1 to 1: the product of two vectors of
whole numbers, so that the same pairs are found on every processor.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Int64, UInt8
from PIL import Image
from pydantic import Field

from stages.params import Params
from stages.whole_vectors import LENGTH, cosine, whole

SIDE = 16  # of a thumbnail, in pixels
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


class Deduplicated(NamedTuple):
    """Thumbnails without those that equal an earlier one but for brightness and contrast."""

    vectors: Float32[np.ndarray, "m d"]  # of the rest, but for those of a single grey
    rows: Int64[np.ndarray, " m"]  # of these, ascending
    equal: Pairs  # each with the first that it equals; those of a single grey, of the same grey


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


def deduplicate(found: UInt8[np.ndarray, "n s s"]) -> Deduplicated:
    """Return thumbnails as vectors, each once, and the pairs of equal ones."""
    vectors = whole(found.reshape(-1, SIDE * SIDE), centre=True)
    varied, keys = np.asarray(vectors.any(axis=1)), vectors.astype(np.int16)
    keys[~varied, 0] = 1 + found[~varied, 0, 0]  # as no vector of mean 0 can be
    _, firsts, places = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    first = firsts[places.ravel()]
    again = np.flatnonzero(first != np.arange(len(first)))
    rows = np.sort(firsts[varied[firsts]])
    return Deduplicated(vectors[rows], rows, Pairs(first[again], again, np.ones(len(again))))


def find_pairs(found: UInt8[np.ndarray, "n s s"], similarity: float) -> Iterator[Pairs]:
    """Yield the pairs of thumbnails that correlate at least so much, a block at a time.

    Of equal ones, each is paired with the first alone.
    """
    vectors, places, equal = deduplicate(found)
    yield equal
    for top in range(0, len(vectors), BLOCK):
        for left in range(top, len(vectors), BLOCK):
            products = vectors[top : top + BLOCK] @ vectors[left : left + BLOCK].T
            rows, columns = np.nonzero(products >= similarity * LENGTH**2)
            once = rows + top < columns + left
            rows, columns = rows[once], columns[once]
            values = cosine(products[rows, columns])
            yield Pairs(places[rows + top], places[columns + left], values)


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
