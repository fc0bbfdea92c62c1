from typing import Literal

import pytest
import torch
from pictures import apply, draws, images, planes
from pydantic import ValidationError
from torch import Tensor
from torchvision.transforms.v2 import functional

from stages.training.augmentation.cropping import Flipping, flip, flips

PIXELS = images(400, 4, 5)


def flipped(
    mode: Literal["none", "random", "alternating"], epoch: int = 0, seed: int = 0
) -> Tensor:
    """Return which of the images are flipped in an epoch."""
    made = apply(list(flips(Flipping(flip=mode), draws(PIXELS.shape, seed, epoch))), PIXELS)
    assert made.dtype == torch.uint8
    changed = (made != PIXELS).flatten(1).any(1)
    assert torch.equal(made[changed], PIXELS.flip(2)[changed])
    return changed


def test_a_flip_is_torchvisions() -> None:
    found = flip(PIXELS, torch.ones(len(PIXELS), dtype=torch.bool))
    assert torch.equal(planes(found), functional.horizontal_flip(planes(PIXELS)))


def test_only_the_chosen_are_flipped() -> None:
    made = flip(PIXELS[:3], torch.tensor([False, True, False]))
    assert torch.equal(made[[0, 2]], PIXELS[[0, 2]])
    assert torch.equal(made[1], PIXELS[1].flip(1))


def test_none_yields_nothing() -> None:
    assert not list(flips(Flipping(flip="none"), draws(PIXELS.shape)))


@pytest.mark.parametrize("mode", ["random", "alternating"])
def test_half_of_the_images_are_flipped(mode: Literal["random", "alternating"]) -> None:
    for epoch in range(3):
        assert 160 < int(flipped(mode, epoch).sum()) < 240


def test_random_flips_are_drawn_anew_each_epoch() -> None:
    agree = (flipped("random", 0) == flipped("random", 1)).float().mean()
    assert 0.4 < float(agree) < 0.6


@pytest.mark.parametrize("epoch", [1, 2, 3, 10, 11])
def test_alternating_flips_turn_each_epoch(epoch: int) -> None:
    first = flipped("alternating", 0)
    assert torch.equal(flipped("alternating", epoch), first if epoch % 2 == 0 else ~first)


@pytest.mark.parametrize("mode", ["random", "alternating"])
def test_another_seed_flips_others(mode: Literal["random", "alternating"]) -> None:
    agree = (flipped(mode, seed=0) == flipped(mode, seed=1)).float().mean()
    assert 0.4 < float(agree) < 0.6


@pytest.mark.parametrize("value", ["vertical", True, None, 0.5])
def test_other_values_are_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        Flipping.model_validate({"flip": value})
