import pytest
import torch
from pictures import images

from stages.training.augmentation.affine import to_pixels, to_planes


@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_come_back_from_planes(channels: int) -> None:
    pixels = images(3, channels=channels)
    planes = to_planes(pixels)
    assert planes.shape == (3, channels, 12, 9)
    assert planes.is_contiguous()
    back = to_pixels(planes)
    assert torch.equal(back, pixels)
    assert back.is_contiguous()


def test_floats_are_rounded_to_the_nearest() -> None:
    planes = torch.tensor([0.0, 0.4, 0.6, 254.4, 254.6, 255.0]).reshape(1, 1, 2, 3)
    assert to_pixels(planes).flatten().tolist() == [0, 0, 1, 254, 255, 255]
