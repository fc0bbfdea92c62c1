"""A table in blocks of columns, each as wide as the terminal at most; no value is cut."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from stages.status_line import columns

GAP = "  "
LEAST = 8  # columns of the terminal that a column of the table may have


class Column(NamedTuple):
    """A column of a table."""

    header: str
    cells: Sequence[str]
    is_number: bool = False  # whose digits stand below each other

    @property
    def width(self) -> int:
        """Columns of the terminal that it takes."""
        return max(map(columns, (self.header, *self.cells)))


def blocks(table: Sequence[Column], width: int) -> Iterator[str]:
    """Yield the lines of a table; its first column is repeated in each block.

    A value wider than a block goes on below, in the same column. A width of 0 is any.
    """
    first, *rest = table
    key = min(first.width, max(LEAST, (width - len(GAP)) // 2)) if width else first.width
    width = width or sum(one.width + len(GAP) for one in table)
    room = max(LEAST, width - key - len(GAP))
    taken, block = key, [(first, key)]
    for column in rest:
        wide = min(column.width, room)
        if len(block) > 1 and taken + len(GAP) + wide > width:
            yield from (*_lines(block), "")
            taken, block = key, [(first, key)]
        block.append((column, wide))
        taken += len(GAP) + wide
    yield from _lines(block)


def _lines(block: Sequence[tuple[Column, int]]) -> Iterator[str]:
    """Yield header and rows of a block, whose columns have these widths."""
    for row in zip(*((column.header, *column.cells) for column, _ in block), strict=True):
        folded = [folds(cell, width) for cell, (_, width) in zip(row, block, strict=True)]
        for parts in zip_longest(*folded, fillvalue=""):
            cells = (
                " " * (width - columns(part)) + part
                if column.is_number
                else part + " " * (width - columns(part))
                for part, (column, width) in zip(parts, block, strict=True)
            )
            yield GAP.join(cells).rstrip()


def folds(text: str, width: int) -> list[str]:
    """Return a text in parts of at most so many columns; joined they are the text."""
    parts = [""]
    for letter in text:
        if columns(parts[-1] + letter) > width:
            parts.append("")
        parts[-1] += letter
    return parts
