"""Many images in one picture."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8
from PIL import Image as Picture
from PIL import ImageDraw

from stages.pictures import fit, font, picture, shorten

CELL, GAP, LINE, COLUMNS = 96, 8, 18, 5  # pixels: an image, around it, a line of text; images a row
PAPER, INK = "white", "black"


def mosaic(
    images: UInt8[np.ndarray, "n h w c"], captions: Sequence[str] = ()
) -> UInt8[np.ndarray, "_ _ 3"]:
    """Lay out one or more images in rows; captions, if any, all have as many lines."""
    pairs = zip(images, captions or [""] * len(images), strict=True)
    cells = [_cell(pixels, caption) for pixels, caption in pairs]
    columns = min(COLUMNS, len(cells))
    cells += [np.full_like(cells[0], 255)] * (-len(cells) % columns)
    high, wide, _ = cells[0].shape
    rows = np.stack(cells).reshape(-1, columns, high, wide, 3)
    return rows.swapaxes(1, 2).reshape(-1, columns * wide, 3)


def _cell(pixels: UInt8[np.ndarray, "h w c"], caption: str) -> UInt8[np.ndarray, "_ _ 3"]:
    """Draw an image above its caption."""
    image, lines = fit(picture(pixels), CELL), caption.splitlines()
    size = CELL + GAP, image.height + GAP + LINE * len(lines)
    canvas, letters = Picture.new("RGB", size, PAPER), font(14)
    left, top = (CELL + GAP - image.width) // 2, GAP // 2
    canvas.paste(image, (left, top))
    for line, text in enumerate(lines):
        place = (left, top + image.height + LINE * line)
        shown = shorten(text, letters, CELL + GAP - left)
        ImageDraw.Draw(canvas).text(place, shown, INK, letters)
    return np.asarray(canvas)
