import pytest
import torch
from jaxtyping import TypeCheckError
from torchvision.transforms.v2 import functional

from stages.nets.layers import Normalize

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("count", [1, 4])
def test_pixels_are_normalised_as_torchvision_does(channels: int, count: int) -> None:
    images = torch.randint(0, 256, (count, 5, 6, channels), dtype=torch.uint8)
    mean, std = MEAN[:channels], STD[:channels]
    pixels = images.permute(0, 3, 1, 2) / 255
    expected = functional.normalize(pixels, list(mean), list(std))
    torch.testing.assert_close(Normalize(mean, std)(images), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("value", "expected"), [(0, -2.0), (255, 2.0), (51, -1.2)])
def test_a_pixel_by_hand(value: int, expected: float) -> None:
    image = torch.full((1, 1, 1, 1), value, dtype=torch.uint8)
    assert Normalize((0.5,), (0.25,))(image).item() == pytest.approx(expected, abs=1e-6)


def test_channels_stay_last_in_memory() -> None:
    images = torch.zeros(2, 5, 6, 3, dtype=torch.uint8)
    normalised = Normalize(MEAN, STD)(images)
    assert normalised.shape == (2, 3, 5, 6)
    assert normalised.is_contiguous(memory_format=torch.channels_last)


def test_floats_in_the_same_units_are_normalised_alike() -> None:
    images = torch.randint(0, 256, (2, 5, 6, 3), dtype=torch.uint8)
    normalize = Normalize(MEAN, STD)
    assert torch.equal(normalize(images.float()), normalize(images))
    halves = normalize(images[:1].float() / 2 + images[1:].float() / 2)
    expected = (normalize(images[:1]) + normalize(images[1:])) / 2
    torch.testing.assert_close(halves, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16])
def test_under_autocast_it_stays_exact(kind: torch.dtype) -> None:
    images, normalize = torch.randint(0, 256, (2, 5, 6, 3)).byte(), Normalize(MEAN, STD)
    with torch.autocast("cpu", kind):
        assert torch.equal(normalize(images), Normalize(MEAN, STD)(images))
        assert normalize(images).dtype == torch.float32


def test_nothing_in_it_is_learned() -> None:
    assert list(Normalize(MEAN, STD).parameters()) == []


def test_another_number_of_channels_is_refused() -> None:
    with pytest.raises(RuntimeError, match="must match"):
        Normalize(MEAN, STD)(torch.zeros(2, 5, 6, 4, dtype=torch.uint8))


def test_moments_of_different_lengths_are_refused() -> None:
    with pytest.raises(RuntimeError, match="must match"):
        Normalize(MEAN, STD[:2])


@pytest.mark.parametrize("images", [torch.zeros(2, 5, 6, 3).int(), torch.zeros(5, 6, 3)])
def test_images_of_another_type_or_shape_are_refused(images: torch.Tensor) -> None:
    with pytest.raises(TypeCheckError):
        Normalize(MEAN, STD)(images)
