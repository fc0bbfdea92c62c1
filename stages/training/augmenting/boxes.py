"""Random boxes in an image: what is kept, erased or pasted.

A box is a row of top, bottom, left and right edge, in shares of the image's height and width.
"""

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64
from torch import Tensor


def inscribed(
    draws: Float64[np.ndarray, "n 4"], areas: tuple[float, float], ratios: tuple[float, float]
) -> Float64[np.ndarray, "n 4"]:
    """Turn uniform draws into boxes inside the image: area uniform, ratio log-uniform.

    `areas` are bounds in shares of the image's area; `ratios` bound width / height, 1 being the
    image's own, and of these come only those that fit.
    """
    area = areas[0] + draws[:, 0] * (areas[1] - areas[0])
    least, most = np.maximum(ratios[0], area), np.minimum(ratios[1], 1 / area)
    ratio = least * (most / least) ** draws[:, 1]
    sides = np.sqrt(np.stack([area / ratio, area * ratio], axis=1)).clip(0, 1)  # [N, 2]
    starts = draws[:, 2:] * (1 - sides)
    return np.stack([starts, starts + sides], axis=2).reshape(-1, 4)


def inside(boxes: Float[Tensor, "b 4"], height: int, width: int) -> Bool[Tensor, "b h w"]:
    """Tell which pixels have their centre in the image's box."""
    y = (torch.arange(height, device=boxes.device) + 0.5) / height
    x = (torch.arange(width, device=boxes.device) + 0.5) / width
    top, bottom, left, right = boxes[:, :, None].unbind(1)  # [B, 1] each
    rows, columns = (top <= y) & (y < bottom), (left <= x) & (x < right)
    return rows[:, :, None] & columns[:, None, :]
