"""Show predictions as lines in a terminal, and as a table with thumbnails in a notebook."""

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from io import BytesIO

import numpy as np
from PIL import Image as Picture

from reprise.counting import counted
from reprise.directory import Failure
from reprise.escaping import printable
from reprise.output import UNKNOWN
from reprise.prediction import Prediction

LINES, ROWS = 20, 100  # pictures that a terminal and a notebook show at most
SIDE = 64  # pixels of a thumbnail
BEFORE, AFTER = 12, 28  # letters of a long name that a notebook shows: the end tells most
NAMELESS = "(no name)"
HEADER = "<tr><th></th><th>picture</th><th>answer</th><th>probabilities</th></tr>"
# The page of the notebook says which colours: dark or light.
CELL = (
    '<td style="text-align:left;vertical-align:middle;overflow-wrap:anywhere;padding:.3em .8em">'
    "{}</td>"
)
LEAST = 0.001  # of 1: what is neither all nor nothing is not shown as such


def line(found: Prediction | Failure) -> str:
    """Return one line: what it is, the most probable classes, and whose they are."""
    return f"{printable(found.name) or NAMELESS}: {_said(found)}"


def lines(found: Sequence[Prediction | Failure], note: str) -> str:
    """Return a heading, the lines of the first pictures, and how many more there are."""
    failed = sum(isinstance(one, Failure) for one in found)
    told = f", of which {failed:,} cannot be predicted" if failed else ""
    more = [f"... and {len(found) - LINES:,} more"] if len(found) > LINES else []
    notes = [printable(note)] if note else []
    rows = [f"[{row}] {line(one)}" for row, one in enumerate(found[:LINES])]
    return "\n".join([f"{counted(len(found), 'picture')}{told}", *rows, *more, *notes])


def html(found: Sequence[Prediction | Failure], note: str = "") -> str:
    """Return a table of HTML with the first pictures; every text in it is escaped."""
    rows = "".join(_row(row, one) for row, one in enumerate(found[:ROWS]))
    more = f"{len(found) - ROWS:,} more are not shown. " if len(found) > ROWS else ""
    below = f"<p>{_safe(more + note)}</p>" if more or note else ""
    return f"<table>{HEADER}{rows}</table>{below}"


def percent(share: float) -> str:
    """Return a share of 1 in percent, as the page of `reprise serve` rounds it."""
    if 0 < share < LEAST:
        return "<0.1%"
    return ">99.9%" if 1 - LEAST < share < 1 else f"{share:.1%}"


def as_picture(pixels: np.ndarray) -> Picture.Image:
    """Return an image uint8 [H, W, C] as a picture of mode L or RGB."""
    return Picture.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels)


def _row(row: int, found: Prediction | Failure) -> str:
    name = _shortened(printable(found.name) or f"[{row}]")
    if isinstance(found, Failure):
        cells = ["", name, f"<em>error: {_safe(found.reason)}</em>", ""]
    else:
        answer = f"<em>{UNKNOWN}</em>" if found.unknown else f"<b>{_safe(found.ranked[0][0])}</b>"
        # A class and its probability stay on one line.
        ranked = ", ".join(
            f"{_safe(name)}&nbsp;({escape(percent(share))})" for name, share in found.ranked
        )
        cells = [_thumbnail(found.pixels), name, answer, ranked]
    return f"<tr>{''.join(map(CELL.format, cells))}</tr>"


def _shortened(name: str) -> str:
    """Return a name as HTML; of a long one the ends, and all of it where the mouse rests."""
    if len(name) <= BEFORE + AFTER + 1:
        return escape(name)
    return f'<span title="{escape(name)}">{escape(f"{name[:BEFORE]}…{name[-AFTER:]}")}</span>'


def _said(found: Prediction | Failure) -> str:
    if isinstance(found, Failure):
        return f"error: {printable(found.reason)}"
    return f"{UNKNOWN}, perhaps {_ranked(found)}" if found.unknown else _ranked(found)


def _ranked(found: Prediction) -> str:
    return ", ".join(f"{printable(name)} ({percent(share)})" for name, share in found.ranked)


def _safe(text: str) -> str:
    return escape(printable(text))


def _thumbnail(pixels: np.ndarray) -> str:
    """Return an image [H, W, C] as HTML that holds it; one of a few pixels is enlarged."""
    if not pixels.size:
        return ""
    picture = as_picture(pixels)
    picture.thumbnail((SIDE, SIDE))
    file = BytesIO()
    picture.save(file, "PNG")
    data = b64encode(file.getvalue()).decode()
    width, height = (max(1, round(side * SIDE / max(picture.size))) for side in picture.size)
    return (
        f'<img alt="" width="{width}" height="{height}" style="image-rendering:pixelated" '
        f'src="data:image/png;base64,{data}">'
    )
