"""Draw a contact sheet: the resized pictures, with their most probable classes below."""

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from math import ceil
from pathlib import PurePath
from unicodedata import combining, normalize

import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from reprise.escaping import printable
from reprise.prediction import Prediction

MOST = 500  # pictures: more would fill memory, and nobody looks at them
COLUMNS, CLASSES = 8, 3  # at most, in a row and below a picture
CELL, GAP, LINE, SIZE = 128, 12, 16, 12  # pixels; SIZE is that of the letters
PAPER, INK, FAINT = "white", "black", "#707070"
# Pillow's own font, the same everywhere, has English letters only; for others, the first of these
# that is installed.
FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial.ttf", "arial.ttf")
LONGEST = 200  # letters of a name that are measured: no cell has room for more
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def contact_sheet(predictions: Sequence[Prediction]) -> Picture.Image:
    """Draw every picture, the name of its file, and its first classes; one picture or more."""
    columns = min(COLUMNS, len(predictions))
    lines = 1 + min(CLASSES, len(predictions[0].ranked))
    width, height = CELL + GAP, CELL + lines * LINE + GAP
    rows = ceil(len(predictions) / columns)
    canvas = Picture.new("RGB", (GAP + columns * width, GAP + rows * height), PAPER)
    letters = font("".join(map(_text, predictions)), SIZE)
    for place, prediction in enumerate(predictions):
        row, column = divmod(place, columns)
        _draw(canvas, prediction, (GAP + column * width, GAP + row * height), letters)
    return canvas


def _text(prediction: Prediction) -> str:
    names = (name for name, _ in prediction.ranked[:CLASSES])
    return "".join([PurePath(prediction.name).name, *names])


def _draw(
    canvas: Picture.Image, prediction: Prediction, corner: tuple[int, int], letters: Font
) -> None:
    """Draw one picture, centred in its cell, and the lines below."""
    (left, top), cell, pen = corner, _cell(prediction.pixels), ImageDraw.Draw(canvas)
    canvas.paste(cell, (left + (CELL - cell.width) // 2, top + (CELL - cell.height) // 2))
    name = shorten(PurePath(prediction.name).name, letters, CELL)
    pen.text((left, top + CELL), name, FAINT, letters)
    for line, (label, share) in enumerate(prediction.ranked[:CLASSES], start=1):
        text = shorten(f"{share:.1%} {label}", letters, CELL)
        pen.text((left, top + CELL + line * LINE), text, INK, letters)


def _cell(pixels: np.ndarray) -> Picture.Image:
    """Scale an image [H, W, C] to the side of a cell; a small one shows its pixels."""
    picture = Picture.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels)
    scale = CELL / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    smooth, sharp = Picture.Resampling.LANCZOS, Picture.Resampling.NEAREST
    return picture.resize(size, sharp if scale > 1 else smooth)


def font(text: str, size: int) -> Font:
    """Return a font of `size` pixels, one with all letters of the text if there is any."""
    own = ImageFont.load_default(size)
    if all(has(own, letter) for letter in set(text)):
        return own
    for name in FONTS:
        with suppress(OSError):
            return ImageFont.truetype(name, size, layout_engine=ImageFont.Layout.BASIC)
    return own


@cache
def has(letters: Font, letter: str) -> bool:
    """Check whether a font has a letter, and does not draw the box for missing ones."""
    return bytes(letters.getmask(letter)) != bytes(letters.getmask("\uffff"))


def shorten(name: str, letters: Font, width: int) -> str:
    """Return a name in one line of `width` pixels at most, without accents that the font lacks."""
    name = "".join(
        _known(letter, letters) for letter in printable(" ".join(name[:LONGEST].split()))
    )
    if letters.getlength(name) <= width:
        return name
    while name and letters.getlength(f"{name}...") > width:
        name = name[:-1]
    return f"{name}..."


def _known(letter: str, letters: Font) -> str:
    if has(letters, letter):
        return letter
    return "".join(part for part in normalize("NFKD", letter) if not combining(part))
