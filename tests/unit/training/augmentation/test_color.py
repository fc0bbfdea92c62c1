from collections.abc import Callable
from typing import Any

import pytest
import torch
from pictures import images, planes
from torch import Tensor
from torchvision.transforms.v2 import functional

from stages.training.augmentation import color

FACTORS = torch.tensor([0.0, 0.3, 0.9, 1.0, 1.4, 2.0, 9.0])
TURNS = torch.tensor([-0.5, -0.3, -0.01, 0.0, 0.1, 1 / 3, 0.5])
BLENDS: list[tuple[Callable[..., Tensor], Callable[..., Any]]] = [
    (color.brightness, functional.adjust_brightness),
    (color.contrast, functional.adjust_contrast),
    (color.saturation, functional.adjust_saturation),
    (color.sharpness, functional.adjust_sharpness),
]


def floats(channels: int = 3) -> Tensor:
    return planes(images(len(FACTORS), channels=channels)).float().contiguous()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("found", "oracle"), BLENDS, ids=lambda one: one.__name__)
def test_blends_are_torchvisions_image_by_image(
    found: Callable[..., Tensor], oracle: Callable[..., Any], channels: int
) -> None:
    made = found(floats(channels), FACTORS)
    for one, image, factor in zip(made, floats(channels).byte(), FACTORS.tolist(), strict=True):
        # Pixels as torchvision rounds them: down, where the project rounds to the nearest.
        expected = oracle(image, factor)
        # What was rounded before it is multiplied is off by as much.
        assert float((one - expected).abs().max()) <= 1 + abs(1 - factor)


@pytest.mark.parametrize(("found", "oracle"), BLENDS[:3], ids=lambda one: one.__name__)
def test_blends_are_torchvisions_of_floats(
    found: Callable[..., Tensor], oracle: Callable[..., Any]
) -> None:
    made = found(floats(), FACTORS)
    for one, image, factor in zip(made, floats(), FACTORS.tolist(), strict=True):
        expected = 255 * oracle(image / 255, factor)
        # The mean grey of contrast is one of whole numbers, rounded down.
        slack = abs(1 - factor) if found is color.contrast else 0.01
        assert float((one - expected).abs().max()) <= slack + 1e-3


def test_hues_are_torchvisions_image_by_image() -> None:
    made = color.hue(floats(), TURNS)
    for one, image, turn in zip(made, floats(), TURNS.tolist(), strict=True):
        expected = 255 * functional.adjust_hue(image / 255, turn)
        assert torch.allclose(one, expected, atol=0.01)


@pytest.mark.parametrize(
    ("pixel", "turn", "expected"),
    [
        ((255, 0, 0), 1 / 3, (0, 255, 0)),
        ((255, 0, 0), -1 / 3, (0, 0, 255)),
        ((255, 255, 0), 0.5, (0, 0, 255)),
        ((0, 100, 0), 1 / 6, (0, 100, 100)),
        ((7, 7, 7), 0.3, (7, 7, 7)),
        ((0, 0, 0), 0.3, (0, 0, 0)),
    ],
)
def test_hues_of_known_colours(
    pixel: tuple[int, ...], turn: float, expected: tuple[int, ...]
) -> None:
    made = color.hue(torch.tensor(pixel).float().reshape(1, 3, 1, 1), torch.tensor([turn]))
    assert made.flatten().tolist() == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("function", [pair[0] for pair in BLENDS], ids=lambda one: one.__name__)
def test_factor_1_is_the_identity(function: Callable[..., Tensor]) -> None:
    assert torch.allclose(function(floats(), torch.ones(7)), floats(), atol=1e-4)


def test_hue_0_is_the_identity() -> None:
    assert torch.allclose(color.hue(floats(), torch.zeros(7)), floats(), atol=1e-4)


def test_saturation_leaves_grey_images_alone() -> None:
    assert torch.equal(color.saturation(floats(1), FACTORS), floats(1))


@pytest.mark.parametrize("channels", [1, 3])
def test_autocontrast_is_torchvisions(channels: int) -> None:
    dull = floats(channels) * 0.3 + 40
    made = color.autocontrast(dull)
    assert torch.allclose(made, 255 * functional.autocontrast(dull / 255), atol=0.01)
    assert made.amin((2, 3)).eq(0).all()


def test_autocontrast_leaves_a_single_colour_alone() -> None:
    plain = torch.full((2, 3, 4, 4), 9.0)
    assert torch.equal(color.autocontrast(plain), plain)


@pytest.mark.parametrize(
    "function", [*(pair[0] for pair in BLENDS), color.hue], ids=lambda one: one.__name__
)
def test_an_image_comes_out_the_same_in_any_batch(function: Callable[..., Tensor]) -> None:
    values = TURNS if function is color.hue else FACTORS
    whole = function(floats(), values)
    alone = [
        function(one, value) for one, value in zip(floats().split(1), values.split(1), strict=True)
    ]
    assert torch.equal(whole, torch.cat(alone))
