"""A map of the images: the two directions along which their features vary most (PCA).

The table of products is exact, as features are whole numbers; PyTorch's portable kernels find its
directions, whose sign is fixed.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64

POINTS = 3000  # on the map, besides those of findings
WIDTH, HEIGHT, MARGIN = 900, 560, 14  # of the drawing, in units of the SVG
COLOURS = 11  # of the style; classes beyond have them again
ROWS = 8192  # images whose products are summed at once


class Cloud(NamedTuple):
    """The images of a class on the map."""

    name: str
    colour: int
    path: str  # of the SVG, a dot an image


def project(features: Float32[np.ndarray, "n d"]) -> Float[np.ndarray, "n 2"]:
    """Return the places of images in the plane of their two principal components."""
    count, width = features.shape
    products, total = np.zeros((width, width)), np.zeros(width)
    for start in range(0, count, ROWS):
        part = features[start : start + ROWS].astype(np.float64)
        products += part.T @ part  # whole numbers below 2^53: exact in any order
        total += part.sum(0)
    middle = total / max(1, count)
    table = products / max(1, count) - np.outer(middle, middle)
    axes = torch.linalg.eigh(torch.from_numpy(table)).eigenvectors[:, -2:].flip(1)  # [D, 2]
    largest = axes.gather(0, axes.abs().argmax(0, keepdim=True))
    plane = axes * torch.where(largest < 0, -1.0, 1.0)
    if width < 2:
        plane = torch.cat([plane, torch.zeros_like(plane)], 1)
    found: np.ndarray = (torch.from_numpy(features).double() @ plane).numpy()
    return found


def scaled(places: Float[np.ndarray, "n 2"]) -> Int64[np.ndarray, "n 2"]:
    """Return places in the drawing, in units of its SVG."""
    low, high = places.min(0, initial=np.inf), places.max(0, initial=-np.inf)
    room = np.array([WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN])
    shares = (places - low) / np.where(high > low, high - low, 1)
    found: np.ndarray = (MARGIN + shares * room).round().astype(np.int64)
    return found


def clouds(
    places: Int64[np.ndarray, "n 2"], labels: Int64[np.ndarray, " n"], classes: Sequence[str]
) -> Iterator[Cloud]:
    """Yield the dots of each class, of so many images as a page can hold, evenly chosen."""
    chosen = np.arange(0, len(labels), max(1, -(-len(labels) // POINTS)))
    for label, name in enumerate(classes):
        rows = chosen[labels[chosen] == label]
        dots = "".join(f"M{x},{y}h0" for x, y in places[rows].tolist())
        yield Cloud(name, label % COLOURS, dots)
