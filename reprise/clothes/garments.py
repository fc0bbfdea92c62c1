"""The shapes of clothes: each function cuts another one of its kind.

Right and down are positive; a garment is about 1.5 high and lies around 0. Of what is drawn later
covers what is drawn before.
"""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from reprise.clothes.outlines import STEPS, Piece, line, mirrored, smooth


def _between(rng: Generator, low: float, high: float) -> float:
    return low + (high - low) * float(rng.random())


def _torso(rng: Generator, sleeve: float, length: float, flare: float) -> list[Piece]:
    """Return what has a neck, two sleeves (of this length) and a hem (so much wider)."""
    neck, shoulder = _between(rng, 0.1, 0.17), _between(rng, 0.36, 0.46)
    out, down = _between(rng, 0.25, 0.6), 1.0  # the way of a sleeve
    end_x, end_y = shoulder + sleeve * out, -0.5 + sleeve * down
    wide = _between(rng, 0.15, 0.2)
    waist = shoulder - _between(rng, 0.05, 0.13)
    inner = max(end_x - wide, waist + 0.03)
    body = mirrored([
        (0.0, -0.58 + neck / 3), (neck, -0.64), (shoulder, -0.55), (end_x, end_y),
        (inner, end_y + wide * out), (waist, -0.26), (waist - max(0.0, flare) / 6, 0.0),
        (waist + flare, length), (0.0, length + 0.03),
    ])  # fmt: skip
    armpits = [line([(side * waist, -0.26), (side * shoulder, -0.52)], 0.8) for side in (-1, 1)]
    collar = Piece(smooth(mirrored([(0.0, -0.66), (neck, -0.66), (0.0, -0.56 + neck / 2)])), 0.7)
    return [Piece(smooth(body)), *armpits, collar]


def _buttons(rng: Generator, top: float, bottom: float, x: float) -> list[Piece]:
    tone = float(rng.choice([0.45, 1.6]))
    return [line([(x - 0.012, y), (x + 0.012, y)], tone, 0.03)
            for y in np.linspace(top, bottom, int(rng.integers(3, 7)))]  # fmt: skip


def shirt(rng: Generator) -> list[Piece]:
    """Cut a shirt, of short or long sleeves."""
    sleeve = _between(rng, 0.18, 0.32) if rng.random() < 0.6 else _between(rng, 0.6, 0.85)
    pieces = _torso(rng, sleeve, _between(rng, 0.42, 0.62), _between(rng, -0.02, 0.05))
    if rng.random() < 0.35:
        pieces += [line([(0.0, -0.5), (0.0, 0.5)], 0.8), *_buttons(rng, -0.45, 0.45, 0.0)]
    return pieces


def coat(rng: Generator) -> list[Piece]:
    """Cut a coat: long sleeves, lapels, an opening."""
    length = _between(rng, 0.72, 0.95)
    pieces = _torso(rng, _between(rng, 0.65, 0.88), length, _between(rng, 0.02, 0.14))
    over = _between(rng, 0.0, 0.07)
    tip = _between(rng, 0.12, 0.2)
    lapels = [Piece(np.array([(side * 0.12, -0.63), (side * tip, -0.4), (over, -0.12)]), 0.82)
              for side in (-1, 1)]  # fmt: skip
    pockets = [line([(side * 0.14, 0.2), (side * 0.28, 0.17)], 0.65, 0.03) for side in (-1, 1)]
    opening = line([(over, -0.15), (over + 0.01, length)], 0.55, 0.025)
    return [*pieces, *lapels, opening, *pockets, *_buttons(rng, -0.05, 0.5, over - 0.06)]


def dress(rng: Generator) -> list[Piece]:
    """Cut a dress: a waist, and a hem that is wider, with sleeves or straps."""
    length, flare = _between(rng, 0.62, 0.95), _between(rng, 0.14, 0.38)
    if rng.random() < 0.5:
        pieces = _torso(rng, _between(rng, 0.1, 0.4), length, flare)
        return [*pieces, line([(-0.24, 0.02), (0.24, 0.02)], 0.7, 0.03)]
    strap, waist = _between(rng, 0.14, 0.22), _between(rng, 0.18, 0.26)
    body = mirrored([
        (0.0, -0.4), (strap, -0.48), (strap + 0.1, -0.35), (waist, 0.0), (0.3 + flare, length),
        (0.0, length + 0.04),
    ])  # fmt: skip
    straps = [line([(side * strap, -0.45), (side * strap * 0.9, -0.75)], 0.9, 0.05)
              for side in (-1, 1)]  # fmt: skip
    return [*straps, Piece(smooth(body)), line([(-waist, 0.0), (waist, 0.0)], 0.7, 0.03)]


def trousers(rng: Generator) -> list[Piece]:
    """Cut trousers, long or short."""
    waist, apart = _between(rng, 0.22, 0.32), _between(rng, 0.0, 0.16)
    length = _between(rng, 0.6, 0.85) if rng.random() < 0.8 else _between(rng, 0.0, 0.2)
    hem = _between(rng, 0.16, 0.28)
    body = mirrored([
        (0.0, -0.7), (waist, -0.72), (waist + 0.07, -0.35), (apart + hem + 0.03, length),
        (apart + 0.03, length), (0.02, -0.2),
    ])  # fmt: skip
    fly = line([(0.0, -0.62), (0.03, -0.3), (0.0, -0.24)], 0.7)
    belt = Piece(np.array([(-waist, -0.74), (waist, -0.74), (waist, -0.65), (-waist, -0.65)]), 0.72)
    return [Piece(smooth(body)), belt, fly]


def shoe(rng: Generator) -> list[Piece]:
    """Make a shoe or boot, seen from its side."""
    shaft = _between(rng, -0.3, -0.16) if rng.random() < 0.65 else _between(rng, -0.8, -0.5)
    heel, toe = _between(rng, 0.03, 0.16), _between(rng, -0.04, 0.1)
    upper = np.array([
        (-0.64, 0.3), (-0.66, 0.0), (-0.62, shaft), (-0.18, shaft + 0.02), (-0.1, -0.16),
        (0.18, -0.04), (0.5, 0.02 + toe), (0.7, 0.12 + toe / 2), (0.74, 0.3),
    ])  # fmt: skip
    sole = np.array([
        (-0.68, 0.27), (0.76, 0.27), (0.72, 0.36), (0.1, 0.36), (-0.22, 0.32 + heel),
        (-0.68, 0.34 + heel),
    ])  # fmt: skip
    laces = [line([(x, -0.14 + (x + 0.1) / 3), (x - 0.06, 0.02 + (x + 0.1) / 3)], 1.5, 0.03)
             for x in np.linspace(-0.02, 0.22, int(rng.integers(2, 5)))]  # fmt: skip
    rim = line([(-0.6, shaft + 0.02), (-0.2, shaft + 0.04)], 0.6, 0.04)
    pieces = [Piece(smooth(upper)), rim, Piece(sole, float(rng.choice([0.4, 1.7]))), *laces]
    flip = np.array([float(rng.choice([-1, 1])), 1.0])
    return [piece._replace(points=piece.points * flip) for piece in pieces]


def bag(rng: Generator) -> list[Piece]:
    """Make a bag with a handle."""
    top, bottom, low = _between(rng, 0.32, 0.55), _between(rng, 0.4, 0.62), _between(rng, 0.4, 0.6)
    high, reach = _between(rng, -0.25, -0.05), _between(rng, 0.3, 0.65)
    ends, knees = (top * 0.7, high + 0.1), (top * 0.55, high - reach)
    arc = smooth(np.array([(-ends[0], ends[1]), (-knees[0], knees[1]), knees, ends]))[:-STEPS]
    body = mirrored(
        [(0.0, high), (top, high), (bottom, low - 0.08), (bottom - 0.08, low), (0.0, low)]
    )
    pieces = [Piece(arc, 0.7, _between(rng, 0.04, 0.09)), Piece(smooth(body))]
    if rng.random() < 0.5:
        flap = mirrored([(0.0, high), (top, high), (top * 0.9, high + 0.22), (0.0, high + 0.32)])
        lock = line([(-0.03, high + 0.27), (0.03, high + 0.27)], 1.7, 0.06)
        pieces += [Piece(smooth(flap), 0.8), lock]
    return pieces


KINDS: dict[str, Callable[[Generator], list[Piece]]] = {
    "bag": bag,
    "coat": coat,
    "dress": dress,
    "shirt": shirt,
    "shoe": shoe,
    "trousers": trousers,
}
