"""Take a photograph of a garment: lay it down, light it, blur it a little, add noise."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from numpy.random import Generator
from PIL import Image as Picture
from PIL import ImageDraw, ImageFilter

from reprise.clothes import backdrop
from reprise.clothes.garments import KINDS
from reprise.clothes.outlines import Piece, moved, turn

SIZES = (160, 160), (128, 160), (160, 128)  # width and height, in pixels
FINER = 2  # it is drawn so much larger, for smooth edges
PLAIN = 120  # the value of tone 1 in a map of tones


def jpeg(kind: str, key: Sequence[int]) -> bytes:
    """Return the JPEG file of a garment; the same kind and key give the same one."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))
    file = BytesIO()
    take(kind, rng).save(file, "JPEG", quality=int(rng.integers(75, 93)))
    return file.getvalue()


def take(kind: str, rng: Generator) -> Picture.Image:
    """Return a photograph."""
    size = SIZES[int(rng.integers(len(SIZES)))]
    large = size[0] * FINER, size[1] * FINER
    mask, tones = _laid(_posed(KINDS[kind](rng), rng), large)
    scene = _shaded(backdrop.ground(rng, large), mask, rng)
    scene = np.where(mask[..., None], _cloth(rng, large) * tones[..., None], scene)
    lit = Picture.fromarray(_bytes(scene * backdrop.shine(rng, large)))
    soft = lit.filter(ImageFilter.BoxBlur(float(rng.integers(0, 3)))).resize(size, backdrop.BICUBIC)
    return Picture.fromarray(_bytes(np.asarray(soft, np.float32) + backdrop.noise(rng, size)))


def _posed(pieces: Sequence[Piece], rng: Generator) -> list[Piece]:
    """Turn, shear, scale and shift a garment; points come in units of half a picture."""
    angle = float(rng.random() - 0.5) * (0.1 if rng.random() < 0.9 else 0.4)
    shear = np.array([[1.0, 0.0], [float(rng.random() - 0.5) * 0.15, 1.0]])
    scale = (0.92 + 0.16 * rng.random(2)) * (0.9 + 0.25 * float(rng.random()))
    shift = (rng.random(2) - 0.5) * 0.1
    return [
        piece._replace(
            points=moved(moved(piece.points * scale, shear), turn(angle)) + shift,
            width=piece.width * float(scale[0]),
        )
        for piece in pieces
    ]


def _laid(pieces: Sequence[Piece], size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Draw a garment: where it is [H, W], and how light its pieces are there [H, W]."""
    mask, tones = Picture.new("1", size), Picture.new("L", size, PLAIN)
    half = min(size) / 2
    for piece in pieces:
        places = np.rint(piece.points * half + np.array(size) / 2).astype(int)
        corners = [(int(x), int(y)) for x, y in places]
        for canvas, value in ((mask, 1), (tones, min(255, round(piece.tone * PLAIN)))):
            pen = ImageDraw.Draw(canvas)
            if piece.width:
                pen.line(corners, value, max(1, round(piece.width * half)), joint="curve")
            else:
                pen.polygon(corners, value)
    return np.asarray(mask), np.asarray(tones, np.float32) / PLAIN


def _shaded(ground: np.ndarray, mask: np.ndarray, rng: Generator) -> np.ndarray:
    """Darken the background [H, W, 3] by the garment's shadow."""
    x, y = (int(step) for step in rng.integers(-8, 12, 2))
    shadow = Picture.fromarray(np.roll(mask, (y, x), (0, 1)).astype(np.uint8) * 255)
    soft = np.asarray(shadow.filter(ImageFilter.BoxBlur(float(rng.integers(2, 9)))), np.float32)
    return ground * (1 - 0.55 * float(rng.random()) * soft[..., None] / 255)


def _cloth(rng: Generator, size: tuple[int, int]) -> np.ndarray:
    """Return cloth [H, W, 3] with folds, plain or with stripes, checks or dots."""
    base = backdrop.colour(rng, 15, 170, 0.2 + 0.4 * float(rng.random()))
    folds = (
        1 + 0.22 * backdrop.waves(rng, size, (7, 4)) + 0.06 * backdrop.waves(rng, size, (60, 60))
    )
    step = int(rng.integers(10, 40))
    across, down = np.arange(size[0]) % step < step / 3, np.arange(size[1]) % step < step / 3
    prints = {
        0: across[None, :], 1: down[:, None], 2: across[None, :] ^ down[:, None],
        3: across[None, :] & down[:, None],
    }  # fmt: skip
    printed = prints.get(int(rng.integers(20)), np.zeros((1, 1), bool))
    return np.where(printed[..., None], backdrop.colour(rng, 20, 220, 0.3), base) * folds


def _bytes(values: np.ndarray) -> np.ndarray:
    return np.asarray(np.rint(np.clip(values, 0, 255)), np.uint8)
