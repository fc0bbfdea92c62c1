from collections.abc import Callable
from math import atan, degrees

import numpy as np
import pytest
import torch
from pictures import images, largest_difference, planes
from torch import Tensor
from torchvision.transforms.v2 import InterpolationMode, RandAugment, TrivialAugmentWide, functional

from stages.training.augmentation.auto_augment import NAMES, matrices, perform

BILINEAR = InterpolationMode.BILINEAR


def affine(image: Tensor, angle: float, shift: list[int], shear: list[float]) -> Tensor:
    """Apply torchvision's affine map, as its policies call it."""
    centre = [0, 0] if any(shear) else None
    made: Tensor = functional.affine(
        image, angle, shift, 1.0, [degrees(atan(one)) for one in shear], BILINEAR, center=centre
    )
    return made


# What torchvision's RandAugment does with an image [C, H, W] at some of the levels.
ORACLES: dict[str, Callable[[Tensor, float], Tensor]] = {
    "identity": lambda image, _: image,
    "shear_x": lambda image, level: affine(image, 0.0, [0, 0], [level, 0.0]),
    "shear_y": lambda image, level: affine(image, 0.0, [0, 0], [0.0, level]),
    "translate_x": lambda image, level: affine(image, 0.0, [int(level), 0], [0.0, 0.0]),
    "translate_y": lambda image, level: affine(image, 0.0, [0, int(level)], [0.0, 0.0]),
    "rotate": lambda image, level: functional.rotate(image, level, BILINEAR),
    "brightness": lambda image, level: functional.adjust_brightness(image, 1 + level),
    "color": lambda image, level: functional.adjust_saturation(image, 1 + level),
    "contrast": lambda image, level: functional.adjust_contrast(image, 1 + level),
    "sharpness": lambda image, level: functional.adjust_sharpness(image, 1 + level),
    "posterize": lambda image, level: functional.posterize(image, int(level)),
    "solarize": functional.solarize,
    "autocontrast": lambda image, _: functional.autocontrast(image),
    "equalize": lambda image, _: functional.equalize(image),
}
LEVELS = {
    "posterize": [2.0, 3.0, 5.0, 7.0, 8.0],
    "solarize": [0.0, 8.5, 99.9, 254.0, 255.0],
    "rotate": [-135.0, -20.0, 0.0, 7.0, 90.0],
    "translate_x": [-32.0, -3.0, 0.0, 1.0, 5.0],
    "translate_y": [-32.0, -3.0, 0.0, 1.0, 5.0],
}
OTHERS = [-0.99, -0.3, 0.0, 0.3, 0.9]


def rows(names: list[str], levels: list[float], sides: tuple[int, int] = (12, 9)) -> Tensor:
    kinds, level = np.array([NAMES.index(name) for name in names]), np.array(levels)
    entries = matrices(kinds, level, sides).reshape(-1, 6)
    return torch.from_numpy(np.column_stack([kinds, level, entries])).float()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", NAMES)
def test_each_operation_is_torchvisions(name: str, channels: int) -> None:
    pixels, levels = images(5, channels=channels), LEVELS.get(name, OTHERS)
    made = perform(pixels, rows([name] * 5, levels))
    for one, image, level in zip(planes(made), planes(pixels), levels, strict=True):
        expected = ORACLES[name](image.contiguous(), level)
        # Where torchvision rounds colours down, before and after a blend, they are rounded to the
        # nearest here.
        slack = 2 if name == "color" else 1
        assert largest_difference(one, expected) <= slack, level


def test_each_image_gets_its_own_operation_in_any_batch() -> None:
    rng = np.random.default_rng(0)
    names = [str(name) for name in rng.choice(NAMES, 60)]
    levels = [float(rng.choice(LEVELS.get(name, OTHERS))) for name in names]
    pixels, table = images(60), rows(names, levels)
    made = perform(pixels, table)
    for index in range(60):
        one = slice(index, index + 1)
        assert torch.equal(perform(pixels[one], table[one]), made[one]), names[index]


def test_operations_are_those_of_torchvision_in_its_order() -> None:
    for policy in (RandAugment, TrivialAugmentWide):
        names = [name.lower() for name in policy._AUGMENTATION_SPACE]
        assert names == [name.replace("_", "") for name in NAMES]


def test_plain_images_pass_all_operations() -> None:
    plain = torch.full((len(NAMES), 8, 8, 3), 77, dtype=torch.uint8)
    made = perform(plain, rows(list(NAMES), [0.0] * len(NAMES), (8, 8)))
    unchanged = [name for name, one in zip(NAMES, made, strict=True) if torch.equal(one, plain[0])]
    assert set(NAMES) - set(unchanged) == {"posterize", "solarize"}  # level 0: no bit, all inverted
