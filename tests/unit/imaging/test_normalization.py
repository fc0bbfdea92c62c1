import numpy as np
import pytest
from jaxtyping import TypeCheckError
from toys import pixels

from stages.imaging.normalization import (
    MIN_STD,
    Normalization,
    compute_moments,
    dataset_moments,
    histogram,
)


def chunks(seed: int, channels: int) -> list[np.ndarray]:
    """Return images [N, 5, 6, C] of unlike moments in chunks of unlike sizes."""
    rng = np.random.default_rng(seed)
    shape = (60, 5, 6, channels)
    images = rng.normal(rng.uniform(0, 255, channels), rng.uniform(2, 90, channels), shape)
    ends = np.sort(rng.integers(1, 59, 3))
    return np.split(images.clip(0, 255).astype(np.uint8), ends)


def count(images: list[np.ndarray]) -> np.ndarray:
    """Return the histogram of all chunks together."""
    return np.array(sum(histogram(chunk) for chunk in images))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("seed", range(20))
def test_moments_are_those_of_numpy(seed: int, channels: int) -> None:
    found = dataset_moments(count(chunks(seed, channels)))
    images = np.concatenate(chunks(seed, channels)) / 255  # float64
    assert found.mean == pytest.approx(images.mean((0, 1, 2)).tolist(), rel=1e-12)
    assert found.std == pytest.approx(images.std((0, 1, 2)).tolist(), rel=1e-10)


@pytest.mark.parametrize(
    ("values", "mean", "std"),
    [([0, 255], 0.5, 0.5), ([0, 0], 0, MIN_STD), ([51, 51], 0.2, MIN_STD), ([0, 51], 0.1, 0.1)],
)
def test_moments_of_two_pixels(values: list[int], mean: float, std: float) -> None:
    found = dataset_moments(histogram(np.array(values, np.uint8).reshape(2, 1, 1, 1)))
    assert found.mean == pytest.approx((mean,))
    assert found.std == pytest.approx((std,))


def test_only_an_even_channel_counts_as_varying() -> None:
    varying, even = pixels(0, channels=1), np.full((6, 7), 9, np.uint8)
    images = np.dstack([varying, even, varying])[None]
    found = dataset_moments(histogram(images))
    assert found.std == pytest.approx((images[..., 0].std() / 255, MIN_STD, found.std[0]))


def test_moments_do_not_depend_on_the_order_or_the_chunks() -> None:
    images = np.concatenate(chunks(3, 3))
    assert dataset_moments(histogram(images)) == dataset_moments(
        count([images[::-1][:7], images[::-1][7:]])
    )


def test_the_sums_of_many_pixels_stay_exact() -> None:
    chunk = np.full((1000, 100, 100, 1), 255, np.uint8)
    chunk[:, ::2] = 254
    found = dataset_moments(count([chunk] * 5))
    assert found.mean == pytest.approx((254.5 / 255,), rel=1e-15)
    assert found.std == (MIN_STD,)  # of half a level


@pytest.mark.parametrize("images", [np.zeros((2, 3, 3, 1)), np.zeros((2, 3, 3), np.uint8)])
def test_chunks_of_other_types_or_shapes_are_refused(images: np.ndarray) -> None:
    with pytest.raises((TypeCheckError, TypeError, ValueError)):
        histogram(images)


@pytest.mark.parametrize(
    ("normalize", "channels", "mean", "std"),
    [
        ("imagenet", 3, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ("half", 1, (0.5,), (0.5,)),
        ("half", 3, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
        ("none", 1, (0.0,), (1.0,)),
        ("none", 3, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
        ("weights", 3, (), ()),
    ],
)
def test_fixed_moments_need_no_image(
    normalize: str, channels: int, mean: tuple[float, ...], std: tuple[float, ...]
) -> None:
    params = Normalization.model_validate({"normalize": normalize})
    assert compute_moments(params, np.zeros((channels, 256), np.int64)) == (mean, std)


def test_imagenets_moments_are_those_of_torchvisions_weights() -> None:
    from torchvision.models import ResNet18_Weights  # noqa: PLC0415

    recipe = ResNet18_Weights.IMAGENET1K_V1.transforms()
    found = compute_moments(Normalization(normalize="imagenet"), np.zeros((3, 256), np.int64))
    assert found == (tuple(recipe.mean), tuple(recipe.std))


def test_the_moments_of_the_data_set_are_those_of_its_images() -> None:
    counts = count(chunks(1, 3))
    assert compute_moments(Normalization(normalize="dataset"), counts) == dataset_moments(counts)
