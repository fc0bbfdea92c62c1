"""Background, lighting and sensor noise of a drawn photograph."""

import numpy as np
from numpy.random import Generator
from PIL import Image as Picture

BICUBIC = Picture.Resampling.BICUBIC


def colour(rng: Generator, low: int, high: int, grey: float) -> np.ndarray:
    """Return a colour [3] of `low` to `high`; `grey` is the share of its channels' mean in it."""
    drawn = rng.integers(low, high, 3).astype(np.float32)
    return np.asarray(drawn * (1 - grey) + drawn.sum() / 3 * grey)


def waves(rng: Generator, size: tuple[int, int], grid: tuple[int, int]) -> np.ndarray:
    """Return a smooth random field [H, W, 1] of -1 to 1, with a random value a cell of a grid.

    Both sizes are width and height.
    """
    cells = rng.integers(0, 256, grid[::-1], dtype=np.uint8)
    field = Picture.fromarray(cells).resize(size, BICUBIC)
    return (np.asarray(field, np.float32)[..., None] - 127.5) / 127.5


def ground(rng: Generator, size: tuple[int, int]) -> np.ndarray:
    """Return a background [H, W, 3], 0 to 255: paper, cloth, boards, or a wall and a floor."""
    width, height = size
    kind = int(rng.integers(4))
    light = colour(rng, 190, 250, 0.7) if rng.random() < 0.9 else colour(rng, 90, 170, 0.6)
    plain = light * (1 + 0.05 * waves(rng, size, (3, 3)))
    if kind == 0:
        return plain
    if kind == 1:
        return plain * (1 + 0.08 * waves(rng, size, (width // 3, height // 3)))
    if kind == 2:
        boards = np.arange(width) % (width // 5) < 3
        grain = 1 + 0.07 * waves(rng, size, (width // 4, 3))
        return plain * grain * np.where(boards, np.float32(0.85), np.float32(1))[None, :, None]
    floor = np.arange(height) > height * (0.6 + 0.25 * rng.random())
    return np.where(floor[:, None, None], plain * colour(rng, 75, 110, 0.6) / 100, plain)


def shine(rng: Generator, size: tuple[int, int]) -> np.ndarray:
    """Return the light [H, W, 3] as factors: from one side, less in the corners, warm or cold."""
    x = np.linspace(-1, 1, size[0], dtype=np.float32)[None, :, None]
    y = np.linspace(-1, 1, size[1], dtype=np.float32)[:, None, None]
    side = [float(share) * 0.5 - 0.25 for share in rng.random(2)]
    field = 1 + side[0] * x + side[1] * y - 0.12 * (x * x + y * y)
    warm = rng.random() * 0.2 - 0.1
    exposure = 0.8 + 0.3 * rng.random()
    return np.asarray(exposure * field * np.array([1 + warm, 1.0, 1 - warm], np.float32))


def noise(rng: Generator, size: tuple[int, int]) -> np.ndarray:
    """Return the noise of a camera [H, W, 3]: nearly normal, of a strength that is drawn."""
    draws = rng.integers(-64, 65, (4, size[1], size[0], 3), np.int8).sum(axis=0, dtype=np.int16)
    return np.asarray(draws * np.float32(0.02 + 0.05 * rng.random()))
