"""Outlines of drawn things: smooth curves, mirrored halves, and where they stand in a picture.

Nothing but sums, products and quotients, which every machine rounds alike: the same bytes
everywhere.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

STEPS = 6  # points of a curve from one of its given points to the next

Points = Sequence[tuple[float, float]]


class Piece(NamedTuple):
    """A part of a garment."""

    points: np.ndarray  # [P, 2]
    tone: float = 1.0  # how light it is, as a share of the cloth
    width: float = 0.0  # of a line through the points; 0: they are an outline, filled


def line(points: Points, tone: float, width: float = 0.02) -> Piece:
    """Return a seam, a strap or a lace."""
    return Piece(np.array(points), tone, width)


def mirrored(half: Points) -> np.ndarray:
    """Return the points [P, 2] of a shape whose right half, from top to bottom, is given."""
    return np.array([*half, *((-x, y) for x, y in reversed(half) if x > 0)], dtype=np.float64)


def smooth(points: np.ndarray) -> np.ndarray:
    """Return the closed curve [P * STEPS, 2] through points [P, 2].

    Catmull & Rom 1974, with tangents of half length: corners stay nearly corners.
    """
    before, after = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0)
    tangents = (after - before) / 4
    t = (np.arange(STEPS) / STEPS)[:, None, None]
    curve = (
        (2 * t**3 - 3 * t**2 + 1) * points
        + (t**3 - 2 * t**2 + t) * tangents
        + (3 * t**2 - 2 * t**3) * after
        + (t**3 - t**2) * np.roll(tangents, -1, axis=0)
    )
    return np.asarray(curve.transpose(1, 0, 2).reshape(-1, 2))


def turn(tangent: float) -> np.ndarray:
    """Return the matrix [2, 2] that turns by twice the angle of this tangent."""
    square = tangent * tangent
    cosine, sine = (1 - square) / (1 + square), 2 * tangent / (1 + square)
    return np.array([[cosine, sine], [-sine, cosine]])


def moved(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Return points [P, 2] times a matrix [2, 2]; BLAS would round differently by processor."""
    return np.asarray(points[:, :1] * matrix[0] + points[:, 1:] * matrix[1])
