"""Draw galleries as one SVG, which `dvc plots` shows."""

from collections.abc import Sequence

from stages.pages.template import SIDE
from stages.reporting.gallery import Gallery, Tile
from stages.reporting.wordings import percent
from stages.vector import Drawing, isolated

COLUMNS, GAP, LINE = 6, 16, 16  # tiles a row; pixels around tiles, and of a line of text
LINES = 4  # of a caption
HEADING = 3 * LINE  # pixels: title, note and some air
TITLE, NAME, SMALL = 15, 12, 10  # pixels: heights of letters


def draw(galleries: Sequence[Gallery]) -> str:
    """Draw galleries below each other; where a tile has a heat map, all have room for one."""
    pairs = any(tile.heat for gallery in galleries for tile in gallery.tiles)
    width, height = SIDE * (1 + pairs) + GAP, SIDE + LINES * LINE + GAP
    rows = [-(-len(one.tiles) // COLUMNS) for one in galleries]
    sheet = Drawing(COLUMNS * width + GAP, GAP + sum(HEADING + height * count for count in rows))
    top = GAP
    for gallery, count in zip(galleries, rows, strict=True):
        _heading(sheet, gallery, top)
        for number, tile in enumerate(gallery.tiles):
            row, column = divmod(number, COLUMNS)
            _tile(sheet, tile, (GAP + column * width, top + HEADING + row * height))
        top += HEADING + height * count
    return str(sheet)


def _heading(sheet: Drawing, gallery: Gallery, top: int) -> None:
    """Write title and note `top` pixels below the upper edge."""
    room = sheet.width - 2 * GAP
    sheet.text(gallery.title, (GAP, top), (room, TITLE), "bold")
    sheet.text(gallery.note, (GAP, top + LINE + 4), (room, 11), "faint")


def _tile(sheet: Drawing, tile: Tile, corner: tuple[int, int]) -> None:
    """Draw the image, with the heat map beside it, above what it is, was said, and its path."""
    left, top = corner
    sheet.image(tile.image, corner, SIDE)
    if tile.heat:
        sheet.image(tile.heat, (left + SIDE, top), SIDE)
    width, below = SIDE * (1 + bool(tile.heat)), top + SIDE + 4
    colour = "right" if tile.right else "wrong"
    lines = [
        (f"is {isolated(tile.actual)}", NAME, ""),
        (f"said {isolated(tile.predicted)}", NAME, colour),
        (f"{percent(tile.confidence)} sure", NAME, colour),
        (tile.path[-(width // 6) :], SMALL, "faint"),  # its end
    ]
    for line, (text, size, style) in enumerate(lines):
        sheet.text(text, (left, below + line * LINE), (width, size), style)
