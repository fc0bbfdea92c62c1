"""Draw galleries as one picture, which `dvc plots` shows."""

from collections.abc import Sequence

from PIL import Image as Picture
from PIL import ImageDraw

from reprise.grid import Captioned, Grid, Line
from stages.pages.template import SIDE
from stages.pictures import fit, font, shorten
from stages.reporting.gallery import Gallery, Tile

COLUMNS, GAP, LINE = 6, 16, 16  # tiles a row; pixels around tiles, and of a line of text
HEADING = 3 * LINE  # pixels: title, note and some air
PAPER, INK, FAINT, RIGHT, WRONG = "white", "#1c1c1e", "#6b6b70", "#0b6b3a", "#b3261e"


def draw(galleries: Sequence[Gallery]) -> Picture.Image:
    """Draw galleries below each other; where a tile has a heat map, all have room for one."""
    pairs = any(tile.heat for gallery in galleries for tile in gallery.tiles)
    grid = Grid(COLUMNS, SIDE * (1 + pairs) + GAP, SIDE + 3 * LINE + GAP, SIDE + 4, LINE)
    heights = [HEADING + grid.height * -(-len(one.tiles) // COLUMNS) for one in galleries]
    canvas = Picture.new("RGB", (COLUMNS * grid.width + GAP, sum(heights) + GAP), PAPER)
    top = GAP
    for gallery, height in zip(galleries, heights, strict=True):
        _heading(canvas, gallery, top)
        grid.draw(canvas, map(_captioned, gallery.tiles), (GAP, top + HEADING))
        top += height
    return canvas


def _heading(canvas: Picture.Image, gallery: Gallery, top: int) -> None:
    """Write title and note `top` pixels below the upper edge."""
    pen = ImageDraw.Draw(canvas)
    lines = ((gallery.title, font(15), INK), (gallery.note, font(11), FAINT))
    for line, (text, letters, colour) in enumerate(lines):
        place = (GAP, top + line * (LINE + 4))
        pen.text(place, shorten(text, letters, canvas.width - 2 * GAP), colour, letters)


def _captioned(tile: Tile) -> Captioned:
    """Return the image, with the heat map beside it, above actual and predicted class and path."""
    images = [tile.image, tile.heat] if tile.heat else [tile.image]
    width, name, small = len(images) * SIDE, font(12), font(10)
    picture = Picture.new("RGB", (width, SIDE), PAPER)
    for number, image in enumerate(images):
        picture.paste(fit(image, SIDE), (number * SIDE, 0))
    predicted = shorten(f"{tile.confidence:.1%} {tile.predicted}", name, width)
    lines = [
        Line(shorten(tile.actual, name, width), name, INK),
        Line(predicted, name, RIGHT if tile.right else WRONG),
        Line(shorten(tile.path[::-1], small, width)[::-1], small, FAINT),  # its end
    ]
    return Captioned(picture, lines)
