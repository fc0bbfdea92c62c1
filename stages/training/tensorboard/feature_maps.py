"""Pictures of feature maps, one a layer: images on the left, what it makes of each on the right.

Where a map is in the grid tells its channel, so that one can be followed from layer to layer.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image as Picture
from torch import Tensor

from reprise.escaping import printable
from reprise.grid import Captioned, Grid, Line
from stages.pictures import fit, picture, shorten
from stages.training.tensorboard.first_layers import WEIGHTS, FirstLayer
from stages.training.tensorboard.lettering import font

Pixels: TypeAlias = UInt8[np.ndarray, "b h w c"]
CELL, GAP, COLUMNS, MOST = 64, 4, 8, 32  # pixels: a map, around it; maps a row, and of an image
SIDE = 2 * CELL + GAP  # pixels, of an image
WIDTH = COLUMNS * (CELL + GAP)  # pixels, of the maps
EDGE, LINE, LETTERS = 8, 23, 19  # pixels: around all and between images; a line of text, its font
EXTREMES = (0.5, 99.5)  # percentiles that are black and white
SAMPLED = 65_536  # values of a layer of which they are computed
PAPER, INK = "white", "black"


class Sheet(NamedTuple):
    """A picture of one layer, and the name under which TensorBoard shows it."""

    title: str
    picture: Picture.Image


def sheets(layers: Sequence[FirstLayer], images: Pixels, when: str) -> Iterator[Sheet]:
    """Draw the maps of the images; `when` says of which weights they are.

    Without images, the maps are the weights themselves.
    """
    for number, layer in enumerate(layers, 1):
        sizes = " x ".join(map(str, layer.maps.shape[1:]))
        title = f"feature maps/{number} {layer.kind} {_name(layer)} {sizes}"
        yield Sheet(title, _drawn(layer, images, when))


def value_range(maps: Float[Tensor, "b f y x"]) -> tuple[float, float]:
    """Return what is black and what is white in all maps of a layer: all but 1 % lie between them.

    One range for all, as with one for each a normalisation would show nothing of what it does.
    """
    values = maps.flatten()
    sample = values[:: -(-len(values) // SAMPLED)].double().numpy()
    sample = sample[np.isfinite(sample)]  # none may be, of a network that diverged
    low, high = np.percentile(sample, EXTREMES) if len(sample) else (0.0, 0.0)
    return float(low), float(high)


def grey(maps: Float[Tensor, "f y x"], limits: tuple[float, float]) -> UInt8[np.ndarray, "f y x 1"]:
    """Return maps in grey, black at the lower limit; black throughout where both are the same."""
    low, high = limits
    scaled = 255 * (maps.double().nan_to_num(low) - low) / ((high - low) or torch.inf)
    pixels: np.ndarray = scaled.clamp(0, 255).round().byte()[..., None].numpy()
    return pixels


def _drawn(layer: FirstLayer, images: Pixels, when: str) -> Picture.Image:
    """Draw a block of maps an image, one below the other."""
    maps, side = layer.maps[:, :MOST], SIDE if len(images) else 0
    limits = value_range(maps)
    heading = _heading(layer, when, limits)
    grid, left = Grid(COLUMNS, CELL + GAP, CELL + GAP), EDGE + (side + EDGE if side else 0)
    block = max(-(-maps.shape[1] // COLUMNS) * grid.height, side) + EDGE
    top = 2 * EDGE + LINE * len(heading)
    size = left + WIDTH + EDGE, top + len(maps) * block
    # In grey where it can be: that takes half the time.
    canvas = Picture.new("RGB" if images.shape[-1] == 3 else "L", size, PAPER)
    blank = Picture.new("L", (1, 1), PAPER)
    Grid(1, 0, 0, line=LINE).draw(canvas, [Captioned(blank, heading)], (EDGE, EDGE))
    for place, channels in zip(range(top, canvas.height, block), maps, strict=True):
        cells = [Captioned(fit(picture(pixels), CELL)) for pixels in grey(channels, limits)]
        grid.draw(canvas, cells, (left, place))
    for place, image in zip(range(top, canvas.height, block), images, strict=False):
        canvas.paste(fit(picture(image), SIDE), (EDGE, place))
    return canvas


def _heading(layer: FirstLayer, when: str, limits: tuple[float, float]) -> list[Line]:
    """Return the lines above the maps."""
    _, count, rows, columns = layer.maps.shape
    what = "units with weights for" if layer.kind == WEIGHTS else "maps of"
    some = f"; {MOST} shown" if count > MOST else ""
    low, high = limits
    texts = (
        f"first {layer.kind}: {_name(layer)}",
        f"{count} {what} {rows} x {columns} pixels{some}",
        f"black: {low:.3g} or less, white: {high:.3g} or more",
        when,
    )
    letters = font(LETTERS)
    return [Line(shorten(text, letters, WIDTH), letters, INK) for text in texts]


def _name(layer: FirstLayer) -> str:
    """Return how a layer is called in the network, and its type."""
    return printable(f"{layer.name or 'network'} {layer.type}")
