"""A contact sheet: what the images of every class look like."""

from collections.abc import Sequence
from itertools import chain

import numpy as np
from jaxtyping import Int64
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from stages.artifacts.splits import Writer

CLASSES, EXAMPLES = 20, 10  # rows and columns at most
CELL, GAP, MARGIN, PADDING = 64, 4, 140, 8  # pixels: an image, between them, names, around names
BRIGHT, DARK = "white", "black"
Font = ImageFont.ImageFont | ImageFont.FreeTypeFont
NEAREST, LANCZOS = Picture.Resampling.NEAREST, Picture.Resampling.LANCZOS


def contact_sheet(out: Writer, classes: Sequence[str], seed: int) -> Picture.Image:
    """Draw random training images, a row a class, its name in front."""
    rows = choose(out.labels("train"), seed)
    canvas = Picture.new(
        "RGB", (MARGIN + EXAMPLES * (CELL + GAP), len(rows) * (CELL + GAP)), BRIGHT
    )
    pen, font = ImageDraw.Draw(canvas), ImageFont.load_default(14)
    for line, (label, chosen) in enumerate(rows.items()):
        top = line * (CELL + GAP)
        middle = (MARGIN - PADDING, top + CELL // 2)
        pen.text(middle, shorten(classes[label], font), DARK, font, anchor="rm")
        for column, pixels in enumerate(out.images("train", chosen)):
            cell = Picture.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels)
            method = NEAREST if max(cell.size) < CELL else LANCZOS  # small ones show their pixels
            canvas.paste(
                cell.resize(within(cell.size), method), (MARGIN + column * (CELL + GAP), top)
            )
    return canvas


def choose(labels: Int64[np.ndarray, " n"], seed: int) -> dict[int, Int64[np.ndarray, " _"]]:
    """Return rows of some images of each class, of the first classes where there are many."""
    rng = np.random.default_rng(seed)
    present = np.unique(labels)[:CLASSES].tolist()
    return {
        label: np.sort(rng.permutation(np.flatnonzero(labels == label))[:EXAMPLES])
        for label in present
    }


def within(size: tuple[int, int]) -> tuple[int, int]:
    """Scale width and height so that the longer is that of a cell, the other 1 pixel at least."""
    longer = max(size)
    return max(1, round(size[0] * CELL / longer)), max(1, round(size[1] * CELL / longer))


def shorten(name: str, font: Font) -> str:
    """Bring a name on one line, cut it where it would not fit the margin, and say so."""
    name = " ".join(name.split())
    lengths = range(len(name), 0, -1)
    cuts = chain([name], (f"{name[: length - 1]}…" for length in lengths))
    return next((cut for cut in cuts if font.getlength(cut) <= MARGIN - 2 * PADDING), "…")
