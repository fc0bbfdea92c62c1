"""Galleries as one picture, for viewers that show no page."""

from collections.abc import Sequence

from PIL import Image as Picture
from PIL import ImageDraw
from PIL.ImageFont import FreeTypeFont

from stages.pictures import fit, font, shorten
from stages.reporting.gallery import SIDE, Gallery, Tile

COLUMNS, GAP, LINE = 6, 16, 16  # tiles a row; pixels around tiles, and of a line of text
HEADING = 3 * LINE  # pixels: title, note and some air
PAPER, INK, FAINT, RIGHT, WRONG = "white", "#1c1c1e", "#6b6b70", "#0b6b3a", "#b3261e"


def draw(galleries: Sequence[Gallery]) -> Picture.Image:
    """Draw galleries below each other; rows are as wide as the widest tile makes them."""
    pairs = any(tile.heat for gallery in galleries for tile in gallery.tiles)
    width, row = SIDE * (1 + pairs) + GAP, SIDE + 3 * LINE + GAP  # of a tile
    heights = [HEADING + row * -(-len(gallery.tiles) // COLUMNS) for gallery in galleries]
    wall = Picture.new("RGB", (COLUMNS * width + GAP, sum(heights) + GAP), PAPER)
    for number, gallery in enumerate(galleries):
        top = GAP + sum(heights[:number])
        _heading(wall, gallery, top)
        for place, tile in enumerate(gallery.tiles):
            down, across = divmod(place, COLUMNS)
            _mount(wall, tile, (GAP + across * width, top + HEADING + down * row))
    return wall


def _heading(wall: Picture.Image, gallery: Gallery, top: int) -> None:
    pen = ImageDraw.Draw(wall)
    lines = ((gallery.title, font(15), INK), (gallery.note, font(11), FAINT))
    for line, (text, letters, colour) in enumerate(lines):
        place = (GAP, top + line * (LINE + 4))
        pen.text(place, shorten(text, letters, wall.width - 2 * GAP), colour, letters)


def _mount(wall: Picture.Image, tile: Tile, place: tuple[int, int]) -> None:
    """Put a tile with its caption at a place from the left and the top, in pixels."""
    left, top = place
    pictures = [tile.image, tile.heat] if tile.heat else [tile.image]
    for number, image in enumerate(pictures):
        wall.paste(fit(image, SIDE), (left + number * SIDE, top))
    pen = ImageDraw.Draw(wall)
    for line, (text, letters, colour) in enumerate(_caption(tile, len(pictures) * SIDE)):
        pen.text((left, top + SIDE + 4 + line * LINE), text, colour, letters)


def _caption(tile: Tile, width: int) -> list[tuple[str, FreeTypeFont, str]]:
    """Return lines of text: actual class, the predicted one with its probability, the path."""
    name, small = font(12), font(10)
    predicted = f"{tile.confidence:.1%} {tile.predicted}"
    end = shorten(tile.path[::-1], small, width)[::-1]
    return [
        (shorten(tile.actual, name, width), name, INK),
        (shorten(predicted, name, width), name, RIGHT if tile.right else WRONG),
        (end, small, FAINT),
    ]
