"""Vectors of whole numbers, of one length: their products are exact in float32.

So whatever is found by comparing them is the same on every processor: neither the order of a sum
nor the instructions of a product can change it.
"""

import numpy as np
from jaxtyping import Float, Float32, Shaped

LENGTH = 2000  # products of two stay below 2^24, where float32 ends
FINE = 2.0**20  # steps to the largest part of a vector, before it is brought to its length
ROWS = 4096  # vectors that are made at once


def whole(values: Shaped[np.ndarray, "n d"], *, centre: bool = False) -> Float32[np.ndarray, "n d"]:
    """Return vectors of the same directions, of whole numbers; zeros stay zeros.

    With `centre`, each of whole numbers is brought to mean 0 before.
    """
    made = np.empty(values.shape, np.float32)
    for start in range(0, len(values), ROWS):
        taken = values[start : start + ROWS]
        part = centred(taken) if centre else np.nan_to_num(taken, posinf=0, neginf=0)
        part = part.astype(np.float64)
        peak = np.abs(part).max(1, keepdims=True, initial=0)
        steps = np.rint(part * (FINE / np.where(peak > 0, peak, 1))).astype(np.int64)
        lengths = np.sqrt((steps**2).sum(1, keepdims=True).astype(np.float64))
        made[start : start + ROWS] = np.rint(LENGTH * steps / np.maximum(lengths, 1))
    return made


def centred(values: Shaped[np.ndarray, "n d"]) -> Shaped[np.ndarray, "n d"]:
    """Return whole numbers, in each row of mean 0, times their count."""
    found = values.astype(np.int64)
    made: np.ndarray = found.shape[1] * found - found.sum(1, keepdims=True)
    return made


def cosine(products: Shaped[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Return what the product of two such vectors says of the angle between them: at most 1."""
    return np.minimum(products.astype(np.float64) / LENGTH**2, 1.0)
