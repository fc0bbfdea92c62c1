"""Arrays as pictures: scaling and captions, which the pictures of several stages share."""

from io import BytesIO

import numpy as np
from PIL import Image as Picture

from reprise.grid import Font, cut, one_line

NEAREST, LANCZOS = Picture.Resampling.NEAREST, Picture.Resampling.LANCZOS


def picture(pixels: np.ndarray) -> Picture.Image:
    """Return an image uint8 [H, W, C], of 1 or 3 channels, as a picture of the same size."""
    return Picture.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels)


def fit(image: Picture.Image, side: int) -> Picture.Image:
    """Scale a picture to fit a square of `side` pixels.

    A small one is enlarged a whole number of times, so that its pixels show; a large one is shrunk
    with a smooth filter.
    """
    times = side // max(image.size)
    if times:
        return image.resize((image.width * times, image.height * times), NEAREST)
    return image.resize(within(image.size, side), LANCZOS)


def shrunk(pixels: np.ndarray, side: int) -> Picture.Image:
    """Return an image uint8 [H, W, C] as a picture, shrunk to `side` pixels if it is larger."""
    image = picture(np.asarray(pixels))
    return image if max(image.size) <= side else image.resize(within(image.size, side), LANCZOS)


def within(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Scale width and height so that the longer is `side`, the other 1 pixel at least."""
    longer = max(size)
    return max(1, round(size[0] * side / longer)), max(1, round(size[1] * side / longer))


def shorten(name: str, letters: Font, width: int) -> str:
    """Bring a name on one line, and cut its end where it is wider than `width` pixels."""
    return cut(one_line(name), letters, width, "…")


def encode(image: Picture.Image, kind: str = "PNG") -> bytes:
    """Return a picture as the bytes of a file: PNG keeps every pixel, JPEG is small for photos."""
    file = BytesIO()
    image.save(file, kind, optimize=True)
    return file.getvalue()
