"""The operations that policies draw from, each on a batch with a level for each image."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64, UInt8
from torch import Tensor

from stages.training.augmenting import coloring
from stages.training.augmenting.draws import Pixels
from stages.training.augmenting.planes import to_pixels, to_planes
from stages.training.augmenting.warping import rotation, warp

Operation = Callable[[Pixels, Tensor], Pixels]  # takes level and matrix, [B, 7]


def _warp(images: Pixels, rows: Float[Tensor, "b 7"]) -> Pixels:
    return warp(images, rows[:, 1:].unflatten(1, (2, 3)))


def _blend(function: Callable[[Tensor, Tensor], Tensor]) -> Operation:
    """Make an operation of a blend with the factor 1 + level."""
    return lambda images, rows: to_pixels(function(to_planes(images), 1 + rows[:, 0]))


def _posterize(images: Pixels, rows: Float[Tensor, "b 7"]) -> Pixels:
    """Keep the highest bits, as many as the level says."""
    step = 2 ** (8 - rows[:, 0].int())
    return images & (256 - step).to(torch.uint8)[:, None, None, None]


def _solarize(images: Pixels, rows: Float[Tensor, "b 7"]) -> Pixels:
    """Invert what is at least as bright as the level."""
    return torch.where(images >= rows[:, 0, None, None, None], 255 - images, images)


def _autocontrast(images: Pixels, _: Tensor) -> Pixels:
    return to_pixels(coloring.autocontrast(to_planes(images)))


def _equalize(images: Pixels, _: Tensor) -> Pixels:
    # Imported by those who use it: torchvision takes seconds.
    from torchvision.transforms.v2 import functional  # noqa: PLC0415

    equalized: Tensor = functional.equalize(images.permute(0, 3, 1, 2).contiguous())
    return equalized.permute(0, 2, 3, 1).contiguous()


OPERATIONS: dict[str, Operation] = {
    "identity": lambda images, _: images,
    "shear_x": _warp,
    "shear_y": _warp,
    "translate_x": _warp,
    "translate_y": _warp,
    "rotate": _warp,
    "brightness": _blend(coloring.brightness),
    "color": _blend(coloring.saturation),
    "contrast": _blend(coloring.contrast),
    "sharpness": _blend(coloring.sharpness),
    "posterize": _posterize,
    "solarize": _solarize,
    "autocontrast": _autocontrast,
    "equalize": _equalize,
}
NAMES = tuple(OPERATIONS)


def perform(
    images: UInt8[Tensor, "b h w c"], rows: Float[Tensor, "b 8"]
) -> UInt8[Tensor, "b h w c"]:
    """Apply an operation to each image, the images of one operation at a time.

    A row holds the operation's place in `NAMES`, its level, and the six entries of its matrix.
    """
    order = rows[:, 0].argsort(stable=True)
    counts = rows[:, 0].long().bincount(minlength=len(NAMES)).tolist()
    parts = zip(
        OPERATIONS.values(), images[order].split(counts), rows[order, 1:].split(counts), strict=True
    )
    done = torch.cat([operation(*part) for operation, *part in parts if len(part[0])])
    return done[order.argsort()]


def matrices(
    kinds: Int64[np.ndarray, " n"],
    levels: Float64[np.ndarray, " n"],
    sides: tuple[int, int],
) -> Float64[np.ndarray, "n 2 3"]:
    """Return the matrices for `warp`; operations on colours get the identity. `sides`: [H, W].

    Shears are about the top left corner, and translations go right and down, as in torchvision.
    """

    def level(name: str) -> Float64[np.ndarray, " n"]:
        return np.where(kinds == NAMES.index(name), levels, 0.0)

    made = rotation(level("rotate"))
    for row, axis, side in ((0, "x", sides[0]), (1, "y", sides[1])):
        shear = level(f"shear_{axis}")
        made[:, row, 1 - row] += shear
        made[:, row, 2] += shear * side / 2 - level(f"translate_{axis}")
    return made
