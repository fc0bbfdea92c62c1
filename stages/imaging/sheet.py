"""A contact sheet: what the images of every class look like."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64
from PIL import Image as Picture
from PIL import ImageDraw

from stages.artifacts.splits import Writer
from stages.pictures import fit, font, picture, shorten

CLASSES, EXAMPLES = 20, 10  # rows and columns at most
CELL, GAP, MARGIN, PADDING = 64, 4, 140, 8  # pixels: an image, between them, names, around names
BRIGHT, DARK = "white", "black"


def contact_sheet(out: Writer, classes: Sequence[str], seed: int) -> Picture.Image:
    """Draw random training images, a row a class, its name in front."""
    rows = choose(out.labels("train"), seed)
    canvas = Picture.new(
        "RGB", (MARGIN + EXAMPLES * (CELL + GAP), len(rows) * (CELL + GAP)), BRIGHT
    )
    pen, letters = ImageDraw.Draw(canvas), font(13)
    for line, (label, chosen) in enumerate(rows.items()):
        top = line * (CELL + GAP)
        middle = (MARGIN - PADDING, top + CELL // 2)
        name = shorten(classes[label], letters, MARGIN - 2 * PADDING)
        pen.text(middle, name, DARK, letters, anchor="rm")
        for column, pixels in enumerate(out.images("train", chosen)):
            canvas.paste(fit(picture(pixels), CELL), (MARGIN + column * (CELL + GAP), top))
    return canvas


def choose(labels: Int64[np.ndarray, " n"], seed: int) -> dict[int, Int64[np.ndarray, " _"]]:
    """Return rows of some images of each class, of the first classes where there are many."""
    rng = np.random.default_rng(seed)
    present = np.unique(labels)[:CLASSES].tolist()
    return {
        label: np.sort(rng.permutation(np.flatnonzero(labels == label))[:EXAMPLES])
        for label in present
    }
