"""Between stored pixels and what is computed in floats."""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor


def to_planes(images: UInt8[Tensor, "b h w c"]) -> Float[Tensor, "b c h w"]:
    """Return floats in [0, 255], each channel a plane of its own in memory."""
    return images.permute(0, 3, 1, 2).float().contiguous()


def to_pixels(planes: Float[Tensor, "b c h w"]) -> UInt8[Tensor, "b h w c"]:
    """Round floats in [0, 255], which are overwritten."""
    return planes.round_().to(torch.uint8).permute(0, 2, 3, 1).contiguous()
