import numpy as np
import pytest
import torch
import torch.nn.functional as F
from pictures import apply, draws, images, largest_difference, planes, table
from pydantic import ValidationError
from torchvision.transforms.v2 import functional

from stages.errors import UserError
from stages.training.augmentation.affine import warp
from stages.training.augmentation.cropping import Cropping, crops, enlargement, shift

OFF = {"crop_padding": 0, "resized_crop": 1.0}


def params(**changes: float) -> Cropping:
    return Cropping.model_validate(OFF | changes)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("padding", [1, 4, 8])
def test_a_shift_is_a_crop_of_the_reflect_padded_image(channels: int, padding: int) -> None:
    pixels = images(60, channels=channels)
    by = torch.randint(-padding, padding + 1, (60, 2), generator=torch.Generator().manual_seed(0))
    padded = F.pad(planes(pixels).float(), [padding] * 4, mode="reflect").byte()
    expected = [
        functional.crop(image, int(y) + padding, int(x) + padding, 12, 9)
        for image, (y, x) in zip(padded, by, strict=True)
    ]
    assert torch.equal(planes(shift(pixels, by)), torch.stack(expected))


def test_a_shift_of_a_view_is_that_of_its_copy() -> None:
    pixels, by = images(8)[::2, :, 1:], torch.ones(4, 2, dtype=torch.int64)
    assert torch.equal(shift(pixels, by), shift(pixels.clone(), by))


def test_a_shift_by_0_is_the_identity() -> None:
    pixels = images(5)
    assert torch.equal(shift(pixels, torch.zeros(5, 2, dtype=torch.int64)), pixels)


@pytest.mark.parametrize("padding", [1, 3])
def test_shifts_are_uniform_over_all_places(padding: int) -> None:
    (transform,) = crops(params(crop_padding=padding), draws((7000, 12, 9, 3)))
    count = 2 * padding + 1
    place = (table(transform, (7000, 12, 9, 3)) + padding) @ torch.tensor([count, 1])
    found = torch.bincount(place, minlength=count**2) / 7000
    assert len(found) == count**2
    assert float((found - 1 / count**2).abs().max()) < 0.02


def test_off_yields_nothing() -> None:
    assert not list(crops(params(), draws((5, 12, 9, 3))))


@pytest.mark.parametrize("padding", [9, 12, 8192])
def test_a_padding_as_large_as_the_image_is_refused(padding: int) -> None:
    message = rf"train\.crop_padding .* 12 x 9 pixels, is {padding}; .* preprocess\.image_size$"
    with pytest.raises(UserError, match=message):
        list(crops(params(crop_padding=padding), draws((5, 12, 9, 3))))
    assert list(crops(params(crop_padding=8), draws((5, 12, 9, 3))))


@pytest.mark.parametrize("size", [(12, 12), (16, 10)])
def test_an_enlarged_box_is_torchvisions_resized_crop(size: tuple[int, int]) -> None:
    height, width = size
    rng = np.random.default_rng(0)
    for pixels in images(40, height, width).split(1):
        h, w = rng.integers(4, height + 1), rng.integers(4, width + 1)
        top, left = rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)
        box = np.array([[top / height, (top + h) / height, left / width, (left + w) / width]])
        matrix = torch.from_numpy(enlargement(box, height, width)).float()
        found = planes(warp(pixels, matrix, "border"))
        expected = functional.resized_crop(planes(pixels), top, left, h, w, list(size))
        # At its edge the crop blends with the pixels around it, which torchvision leaves out.
        y, x = (-(-side // (2 * part)) for side, part in ((height, h), (width, w)))
        inner = (..., slice(y, height - y), slice(x, width - x))
        assert largest_difference(found[inner], expected[inner]) <= 1


def test_the_whole_image_is_enlarged_to_itself() -> None:
    pixels = images(1)
    matrix = torch.from_numpy(enlargement(np.array([[0.0, 1.0, 0.0, 1.0]]), 12, 9)).float()
    assert torch.equal(warp(pixels, matrix, "border"), pixels)


@pytest.mark.parametrize("share", [0.01, 0.3, 0.9])
def test_resized_crops_show_at_least_their_share_inside_the_image(share: float) -> None:
    (transform,) = crops(params(resized_crop=share), draws((2000, 12, 9, 3)))
    (w, _, x), (_, h, y) = table(transform, (2000, 12, 9, 3)).permute(1, 2, 0)
    assert float((w * h).min()) == pytest.approx(share, abs=0.01)
    assert float((w * h).mean()) == pytest.approx((1 + share) / 2, abs=0.02)
    for centre, part, side in ((x, w, 9), (y, h, 12)):
        assert float((centre.abs() / side + part / 2).max()) <= 0.5 + 1e-5
    assert float((w / h).max()) <= 4 / 3 + 1e-4
    assert float((w / h).min()) >= 3 / 4 - 1e-4


def test_resized_crops_have_no_black_border() -> None:
    white = torch.full((300, 12, 9, 1), 255, dtype=torch.uint8)
    made = apply(list(crops(params(resized_crop=0.1), draws(white.shape))), white)
    assert torch.equal(made, white)


def test_a_share_near_1_hardly_changes_the_image() -> None:
    pixels = images(20)
    made = apply(list(crops(params(resized_crop=0.9999), draws(pixels.shape))), pixels)
    assert largest_difference(made, pixels) <= 1


def test_two_crops_at_once_are_refused() -> None:
    with pytest.raises(ValidationError, match="set crop_padding to 0 or resized_crop to 1"):
        params(crop_padding=4, resized_crop=0.5)


@pytest.mark.parametrize(
    "changes",
    [
        {"crop_padding": -1},
        {"crop_padding": 1.5},
        {"crop_padding": None},
        {"resized_crop": 0.0},
        {"resized_crop": 1.1},
        {"resized_crop": float("nan")},
        {"resized_crop": None},
    ],
)
def test_values_out_of_bounds_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        params(**changes)
