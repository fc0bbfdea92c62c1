import numpy as np
import pytest
import torch
from pictures import apply, draws, images, planes
from pydantic import ValidationError
from torchvision.transforms.v2 import functional

from stages.training.augmentation.erasing import Erasing, erase, erasures


@pytest.mark.parametrize("channels", [1, 3])
def test_a_box_is_erased_as_torchvision_does(channels: int) -> None:
    rng = np.random.default_rng(0)
    for pixels in images(30, 16, 8, channels).split(1):
        h, w = int(rng.integers(1, 17)), int(rng.integers(1, 9))
        top, left = int(rng.integers(0, 17 - h)), int(rng.integers(0, 9 - w))
        box = torch.tensor([[top / 16, (top + h) / 16, left / 8, (left + w) / 8]])
        expected = functional.erase(planes(pixels), top, left, h, w, torch.zeros(channels, 1, 1))
        assert torch.equal(planes(erase(pixels, box)), expected)


def test_an_empty_box_erases_nothing() -> None:
    pixels = images(3)
    assert torch.equal(erase(pixels, torch.zeros(3, 4)), pixels)


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_the_share_of_the_images_is_erased_and_a_bounded_share_of_each(share: float) -> None:
    white = torch.full((3000, 20, 20, 1), 255, dtype=torch.uint8)
    made = apply(list(erasures(Erasing(erasing=share), draws(white.shape))), white)
    assert made.unique().tolist() == [0, 255]
    lost = (made == 0).float().mean((1, 2, 3))
    assert float((lost > 0).float().mean()) == pytest.approx(share, abs=0.03)
    lost = lost[lost > 0]
    assert float(lost.max()) < 0.33 + 0.1  # whole pixels are erased
    assert float(lost.mean()) == pytest.approx((0.02 + 0.33) / 2, abs=0.01)


def test_off_yields_nothing() -> None:
    assert not list(erasures(Erasing(erasing=0.0), draws((5, 12, 9, 1))))


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), None, True])
def test_probabilities_out_of_bounds_are_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        Erasing.model_validate({"erasing": value})
