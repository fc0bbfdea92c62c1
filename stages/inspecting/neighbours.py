"""The nearest neighbours of vectors of whole numbers: all pairs compared, exactly.

A neighbour is kept as one number that sorts by row, then product, then column. So who is nearest
does not depend on how a processor sorts what is equal.
"""

import numpy as np
from jaxtyping import Float32, Int64

from stages.whole_vectors import LENGTH

ROWS, COLUMNS = 2048, 8192  # products that are computed at once: 64 MB
FIRST = 1024  # columns by which a product is known to be too small
ROW, PRODUCT = 52, 28  # bits below the row, and below the product, of a number that sorts
MOST = 2 * LENGTH**2  # above every product
NONE = -MOST  # of a vector with itself


def nearest(vectors: Float32[np.ndarray, "n d"], count: int) -> Int64[np.ndarray, "n k"]:
    """Return the `count` nearest others of each, nearest first; the first where they are equal."""
    count = min(count, len(vectors) - 1)
    found = np.empty((len(vectors), max(0, count)), np.int64)
    room = np.empty(ROWS * COLUMNS, np.float32)  # used again: new memory costs more than a product
    for top in range(0, len(vectors) if count > 0 else 0, ROWS):
        found[top : top + ROWS] = _nearest_of(vectors, top, count, room)
    return found


def _nearest_of(
    vectors: Float32[np.ndarray, "n d"], top: int, count: int, room: Float32[np.ndarray, " _"]
) -> Int64[np.ndarray, "b k"]:
    """Return the nearest others of a block of vectors that begins at `top`."""
    block = vectors[top : top + ROWS]
    best, least = np.empty(0, np.int64), None
    for left in range(0, len(vectors), COLUMNS):
        others = vectors[left : left + COLUMNS]
        products = room[: len(block) * len(others)].reshape(len(block), -1)
        np.matmul(block, others.T, out=products)
        own = np.arange(max(top, left), min(top + len(block), left + COLUMNS))
        products[own - top, own - left] = NONE
        if least is None:
            least = np.partition(products[:, :FIRST], -count, axis=1)[:, -count]
        # Of a flat array: of one with rows, nonzero takes several times as long.
        near = np.flatnonzero(products >= least[:, None])
        rows, columns = np.divmod(near, products.shape[1])
        less = (MOST - products.ravel()[near]).astype(np.int64)
        keys = (rows << ROW) | (less << PRODUCT) | (columns + left)
        best = _first(np.sort(np.concatenate([best, keys])), len(block), count)
        last = best[count - 1 :: count]
        least = (MOST - ((last >> PRODUCT) & (2 ** (ROW - PRODUCT) - 1))).astype(np.float32)
    found: np.ndarray = (best & (2**PRODUCT - 1)).reshape(len(block), count)
    return found


def _first(keys: Int64[np.ndarray, " m"], rows: int, count: int) -> Int64[np.ndarray, " _"]:
    """Return the first `count` numbers of each row."""
    starts = np.searchsorted(keys >> ROW, np.arange(rows))
    first: np.ndarray = keys[(starts[:, None] + np.arange(count)).ravel()]
    return first
