import pytest
import torch
from shapes import built, shape, weights

from stages.errors import UserError


@pytest.mark.parametrize(
    ("channels", "side", "expected"), [(3, 32, 62_006), (1, 28, 44_426), (1, 32, 61_706)]
)
def test_it_has_the_published_number_of_weights(channels: int, side: int, expected: int) -> None:
    assert weights(built(shape(channels, side, side), network="lenet")) == expected


@pytest.mark.parametrize(("height", "width"), [(16, 16), (17, 40)])
def test_it_takes_images_from_16_by_16(height: int, width: int) -> None:
    network = built(shape(1, height, width, 3), network="lenet")
    assert network(torch.zeros(2, 1, height, width)).shape == (2, 3)


def test_smaller_images_are_refused() -> None:
    with pytest.raises(UserError, match=r"lenet needs images of 16 x 16 .* is \[8, 28\]"):
        built(shape(1, 8, 28), network="lenet")
