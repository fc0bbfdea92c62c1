"""Draw a contact sheet: the resized pictures, with their most probable classes below."""

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from math import ceil
from pathlib import PurePath
from unicodedata import combining, normalize

import numpy as np
from PIL import Image as Picture
from PIL import ImageFont

from reprise.grid import Captioned, Font, Grid, Line, cut, one_line
from reprise.prediction import Prediction

# Pillow's own font, the same everywhere, has English letters only; for others, the first of these
# that is installed.
FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial.ttf", "arial.ttf")
MOST = 500  # pictures: nobody looks at more, and they would fill memory
COLUMNS, CLASSES = 8, 3  # at most, in a row and below a picture
CELL, GAP, LINE, SIZE = 128, 12, 16, 12  # pixels; SIZE is that of the letters
PAPER, INK, FAINT = "white", "black", "#707070"


def font(text: str, size: int) -> Font:
    """Return letters of `size` pixels, of a font that has those of the text if there is one."""
    own = ImageFont.load_default(size)
    if all(has(own, letter) for letter in set(text)):
        return own
    for name in FONTS:
        with suppress(OSError):
            return ImageFont.truetype(name, size, layout_engine=ImageFont.Layout.BASIC)
    return own


@cache
def has(letters: Font, letter: str) -> bool:
    """Return whether a font draws a letter, and not the box that stands for all it lacks."""
    return bytes(letters.getmask(letter)) != bytes(letters.getmask("\uffff"))


def shorten(name: str, letters: Font, width: int) -> str:
    """Bring a name on one line, without accents that the font lacks; cut it at `width` pixels."""
    known = "".join(_known(letter, letters) for letter in one_line(name))
    return cut(known, letters, width, "...")


def _known(letter: str, letters: Font) -> str:
    if has(letters, letter):
        return letter
    return "".join(part for part in normalize("NFKD", letter) if not combining(part))


def contact_sheet(predictions: Sequence[Prediction]) -> Picture.Image:
    """Draw every picture, the name of its file, and its first classes; one picture or more."""
    columns = min(COLUMNS, len(predictions))
    lines = 1 + min(CLASSES, len(predictions[0].ranked))
    grid = Grid(columns, CELL + GAP, CELL + lines * LINE + GAP, CELL, LINE)
    size = GAP + columns * grid.width, GAP + ceil(len(predictions) / columns) * grid.height
    canvas = Picture.new("RGB", size, PAPER)
    letters = font("".join(map(_text, predictions)), SIZE)
    grid.draw(canvas, (_captioned(one, letters) for one in predictions), (GAP, GAP))
    return canvas


def _text(prediction: Prediction) -> str:
    names = (name for name, _ in prediction.ranked[:CLASSES])
    return "".join([PurePath(prediction.name).name, *names])


def _captioned(prediction: Prediction, letters: Font) -> Captioned:
    """Return a picture in the middle of its cell, with the lines below."""
    name = PurePath(prediction.name).name
    mark = "? " if prediction.unknown else ""
    ranked = (f"{mark}{share:.1%} {label}" for label, share in prediction.ranked[:CLASSES])
    texts = [(name, FAINT), *((text, INK) for text in ranked)]
    lines = [Line(shorten(text, letters, CELL), letters, colour) for text, colour in texts]
    return Captioned(_cell(prediction.pixels), lines)


def _cell(pixels: np.ndarray) -> Picture.Image:
    """Scale an image [H, W, C] to the side of a cell; a small one shows its pixels."""
    picture = Picture.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels)
    scale = CELL / max(picture.size)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    smooth, sharp = Picture.Resampling.LANCZOS, Picture.Resampling.NEAREST
    scaled = picture.resize((width, height), sharp if scale > 1 else smooth)
    cell = Picture.new("RGB", (CELL, CELL), PAPER)
    cell.paste(scaled, ((CELL - width) // 2, (CELL - height) // 2))
    return cell
