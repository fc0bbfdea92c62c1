"""TrivialAugment and RandAugment: operations drawn at random for each image."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64, UInt8
from pydantic import Field
from torch import Tensor

from stages.params import Params
from stages.training.augmentation import color
from stages.training.augmentation.affine import rotation, to_pixels, to_planes, warp
from stages.training.augmentation.draws import Draws, Indices, Pixels, Transform, Uniform

Operation = Callable[[Pixels, Tensor], Pixels]  # takes level and matrix, [B, 7]
STEPS = 30  # of strength, from none to the highest: torchvision's 31 magnitudes


class AutoAugment(Params):
    """Parameters of TrivialAugment (Müller and Hutter 2021) and RandAugment (Cubuk et al. 2019)."""

    policy: Literal["none", "trivial", "rand"] = Field(
        description="trivial: TrivialAugment, one operation an image; "
        "rand: RandAugment, policy_ops of them"
    )
    policy_ops: int = Field(ge=1, le=10, description="operations an image gets (rand)")
    policy_magnitude: int = Field(ge=0, le=STEPS, description="strength of the operations (rand)")


def policies(params: AutoAugment, draws: Draws) -> Iterator[Transform]:
    """Draw each image's operations, their directions and, for TrivialAugment, their strengths."""
    if params.policy == "none":
        return
    _, height, width, _ = draws.shape
    for place in range(params.policy_ops if params.policy == "rand" else 1):
        uniform = draws.uniform(f"policy {place}", 3)
        yield Transform(perform, partial(_operations, params, (height, width), uniform))


def _operations(
    params: AutoAugment, sides: tuple[int, int], uniform: Uniform, indices: Indices
) -> Float64[np.ndarray, "b 8"]:
    """Draw an operation for each image, as `perform` takes them; `sides`: [H, W]."""
    kind, step, sign = uniform(indices).T
    kinds = (kind * len(NAMES)).astype(np.int64)
    rand = params.policy == "rand"
    steps = params.policy_magnitude if rand else np.floor(step * (STEPS + 1))
    signed = np.where(sign < 0.5, -1, 1) * steps / STEPS
    level = levels(kinds, signed, limits("rand" if rand else "trivial", *sides))
    return np.column_stack([kinds, level, matrices(kinds, level, sides).reshape(-1, 6)])


def limits(policy: Literal["trivial", "rand"], height: int, width: int) -> dict[str, float]:
    """Return the level of each operation at the highest strength, as in torchvision."""
    wide = policy == "trivial"
    blends = ("brightness", "color", "contrast", "sharpness")
    return {
        **dict.fromkeys(("shear_x", "shear_y"), 0.99 if wide else 0.3),  # tangent of the angle
        "translate_x": 32 if wide else 150 / 331 * width,  # pixels
        "translate_y": 32 if wide else 150 / 331 * height,
        "rotate": 135 if wide else 30,  # degrees
        **dict.fromkeys(blends, 0.99 if wide else 0.9),  # distance of the factor from 1
        "posterize": 6 if wide else 4,  # bits lost
        "solarize": 255,  # grey levels by which the threshold falls
    }


def levels(
    kinds: Int64[np.ndarray, " n"],
    strengths: Float64[np.ndarray, " n"],
    strongest: Mapping[str, float],
) -> Float64[np.ndarray, " n"]:
    """Return the levels of operations for strengths in [-1, 1]; `kinds` are indices in NAMES."""
    level = strengths * np.array([strongest.get(name, 0.0) for name in NAMES])[kinds]
    name = np.array(NAMES)
    ways = name == "posterize", name == "solarize", np.char.startswith(name, "translate")
    return np.select(
        [way[kinds] for way in ways],
        [np.round(8 - abs(level)), 255 - abs(level), np.trunc(level)],
        level,
    )


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


def perform(
    images: UInt8[Tensor, "b h w c"], rows: Float[Tensor, "b 8"]
) -> UInt8[Tensor, "b h w c"]:
    """Apply an operation to each image, the images of one operation at a time.

    A row holds the index of the operation in `NAMES`, its level, and the six entries of its matrix.
    """
    order = rows[:, 0].argsort(stable=True)
    counts = rows[:, 0].long().bincount(minlength=len(NAMES)).tolist()
    parts = zip(
        OPERATIONS.values(), images[order].split(counts), rows[order, 1:].split(counts), strict=True
    )
    done = torch.cat([operation(*part) for operation, *part in parts if len(part[0])])
    return done[order.argsort()]


def _warp(images: Pixels, rows: Float[Tensor, "b 7"]) -> Pixels:
    return warp(images, rows[:, 1:].unflatten(1, (2, 3)))


def _blend(function: Callable[[Tensor, Tensor], Tensor]) -> Operation:
    """Return an operation that blends with the factor 1 + level."""
    return lambda images, rows: to_pixels(function(to_planes(images), 1 + rows[:, 0]))


def _posterize(images: Pixels, rows: Float[Tensor, "b 7"]) -> Pixels:
    """Keep the highest bits, as many as the level says."""
    step = 2 ** (8 - rows[:, 0].int())
    return images & (256 - step).to(torch.uint8)[:, None, None, None]


def _solarize(images: Pixels, rows: Float[Tensor, "b 7"]) -> Pixels:
    """Invert pixels that are at least as bright as the level."""
    return torch.where(images >= rows[:, 0, None, None, None], 255 - images, images)


def _autocontrast(images: Pixels, _: Tensor) -> Pixels:
    return to_pixels(color.autocontrast(to_planes(images)))


def _equalize(images: Pixels, _: Tensor) -> Pixels:
    # Imported only here: torchvision takes seconds.
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
    "brightness": _blend(color.brightness),
    "color": _blend(color.saturation),
    "contrast": _blend(color.contrast),
    "sharpness": _blend(color.sharpness),
    "posterize": _posterize,
    "solarize": _solarize,
    "autocontrast": _autocontrast,
    "equalize": _equalize,
}
NAMES = tuple(OPERATIONS)
