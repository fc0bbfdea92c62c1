import numpy as np
import pytest
import torch
from pictures import apply, draws, images, largest_difference, planes, table
from pydantic import ValidationError
from torchvision.transforms.v2 import InterpolationMode, functional

from stages.training.augmentation.affine import Rotation, rotation, rotations, warp


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(12, 12), (16, 9), (7, 20)])
def test_a_rotation_is_torchvisions(size: tuple[int, int], channels: int) -> None:
    degrees = np.random.default_rng(0).uniform(-180, 180, 50)
    pixels = images(50, *size, channels)
    found = planes(warp(pixels, torch.from_numpy(rotation(degrees)).float()))
    for image, angle, turned in zip(planes(pixels), degrees, found, strict=True):
        expected = functional.rotate(image, float(angle), InterpolationMode.BILINEAR)
        assert largest_difference(turned, expected) <= 1


def test_a_quarter_turn_is_anticlockwise() -> None:
    pixels = images(1, 8, 8)
    turned = warp(pixels, torch.from_numpy(rotation(np.array([90.0]))).float())
    assert largest_difference(turned[0], torch.rot90(pixels[0])) <= 1


def test_no_turn_is_the_identity() -> None:
    pixels = images(4)
    assert torch.equal(warp(pixels, torch.from_numpy(rotation(np.zeros(4))).float()), pixels)


@pytest.mark.parametrize(("padding", "expected"), [("zeros", 0), ("border", 9)])
def test_beyond_the_image_it_is_black_or_as_at_the_border(padding: str, expected: int) -> None:
    pixels = torch.full((1, 5, 5, 1), 9, dtype=torch.uint8)
    far = torch.tensor([[[1.0, 0.0, 100.0], [0.0, 1.0, 0.0]]])
    assert warp(pixels, far, padding).unique().tolist() == [expected]  # type: ignore[arg-type]


def test_places_are_pixels_from_the_centre() -> None:
    pixels = images(2, 6, 8)
    left = torch.tensor([[[1.0, 0.0, 3.0], [0.0, 1.0, -2.0]]]).expand(2, 2, 3)
    made = warp(pixels, left)
    assert torch.equal(made[:, 2:, :5], pixels[:, :4, 3:])
    assert not made[:, :2].any()
    assert not made[:, :, 5:].any()


@pytest.mark.parametrize("largest", [5.0, 180.0])
def test_angles_are_uniform_up_to_the_largest(largest: float) -> None:
    (transform,) = rotations(Rotation(rotation=largest), draws((5000, 12, 9, 1)))
    matrices = table(transform, (5000, 12, 9, 1))
    angles = torch.rad2deg(torch.atan2(matrices[:, 1, 0], matrices[:, 0, 0])) / largest
    assert float(angles.abs().max()) <= 1 + 1e-5
    assert abs(float(angles.mean())) < 0.03
    assert float(angles.std()) == pytest.approx(3**-0.5, abs=0.02)


def test_off_yields_nothing() -> None:
    assert not list(rotations(Rotation(rotation=0.0), draws((5, 12, 9, 1))))


def test_a_tiny_angle_hardly_changes_the_image() -> None:
    pixels = images(20)
    made = apply(list(rotations(Rotation(rotation=1e-3), draws(pixels.shape))), pixels)
    assert largest_difference(made, pixels) <= 1


@pytest.mark.parametrize("value", [-1.0, 181.0, float("nan"), float("inf"), None, "90"])
def test_angles_out_of_bounds_are_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        Rotation.model_validate({"rotation": value})
