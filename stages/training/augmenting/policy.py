"""TrivialAugment and RandAugment: operations drawn at random for each image."""

from collections.abc import Iterator, Mapping
from typing import Literal

import numpy as np
from jaxtyping import Float64, Int64
from pydantic import Field

from stages.params import Params
from stages.training.augmenting.draws import Draws, Transform
from stages.training.augmenting.operations import NAMES, matrices, perform

STEPS = 30  # of strength, from none to the highest: torchvision's 31 magnitudes


class Policy(Params):
    """Parameters of TrivialAugment (Müller and Hutter 2021) and RandAugment (Cubuk et al. 2019)."""

    policy: Literal["none", "trivial", "rand"] = Field(
        description="TrivialAugment: one operation an image; RandAugment: policy_ops of them"
    )
    policy_ops: int = Field(ge=1, le=10, description="operations an image gets (rand)")
    policy_magnitude: int = Field(ge=0, le=STEPS, description="strength of all of them (rand)")


def policies(params: Policy, draws: Draws) -> Iterator[Transform]:
    """Draw each image's operations, their directions and, for TrivialAugment, their strengths."""
    if params.policy == "none":
        return
    _, height, width, _ = draws.shape
    rand, strongest = params.policy == "rand", limits(params.policy, height, width)
    for place in range(params.policy_ops if rand else 1):
        uniform = draws.uniform(f"policy {place}", 3)
        kinds = (uniform[:, 0] * len(NAMES)).astype(np.int64)
        steps = params.policy_magnitude if rand else np.floor(uniform[:, 1] * (STEPS + 1))
        signed = np.where(uniform[:, 2] < 0.5, -1, 1) * steps / STEPS
        level = levels(kinds, signed, strongest)
        entries = matrices(kinds, level, (height, width)).reshape(-1, 6)
        yield Transform(perform, draws.table(np.column_stack([kinds, level, entries])))


def limits(policy: Literal["trivial", "rand"], height: int, width: int) -> dict[str, float]:
    """Return what the highest strength of each operation changes, as torchvision has it."""
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
    """Return what the operations take, for strengths in [-1, 1]; `kinds` are places in NAMES."""
    level = strengths * np.array([strongest.get(name, 0.0) for name in NAMES])[kinds]
    name = np.array(NAMES)[kinds]
    return np.select(
        [name == "posterize", name == "solarize", np.char.startswith(name, "translate")],
        [np.round(8 - abs(level)), 255 - abs(level), np.trunc(level)],
        level,
    )
