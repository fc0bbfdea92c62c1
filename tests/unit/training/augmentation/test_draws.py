from zlib import crc32

import numpy as np
import pytest
import torch
from pictures import CPU, draws

from stages.training.augmentation.draws import Draws


def test_numbers_depend_on_seed_epoch_transform_and_index_alone() -> None:
    first = draws((100, 8, 8, 1), seed=3, epoch=5).uniform("flip", 2)
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002 - the generator that must not matter
    again = draws((100, 8, 8, 1), seed=3, epoch=5)
    again.uniform("crop", 7)
    np.testing.assert_array_equal(again.uniform("flip", 2), first)


def test_the_numbers_of_an_image_do_not_depend_on_how_many_follow_it() -> None:
    few, many = draws((10, 8, 8, 1)), draws((1000, 9, 7, 3))
    np.testing.assert_array_equal(few.uniform("flip", 3), many.uniform("flip", 3)[:10])
    np.testing.assert_array_equal(
        few.generator("mixup").beta(0.2, 0.2, 10), many.generator("mixup").beta(0.2, 0.2, 1000)[:10]
    )


@pytest.mark.parametrize(
    ("seed", "epoch", "transform"), [(4, 5, "flip"), (3, 4, "flip"), (5, 3, "flip"), (3, 5, "crop")]
)
def test_another_seed_epoch_or_transform_draws_other_numbers(
    seed: int, epoch: int, transform: str
) -> None:
    first = draws((100, 8, 8, 1), seed=3, epoch=5).uniform("flip", 1)
    other = draws((100, 8, 8, 1), seed=seed, epoch=epoch).uniform(transform, 1)
    assert abs(np.corrcoef(first[:, 0], other[:, 0])[0, 1]) < 0.3


def test_numbers_are_not_those_of_the_order_of_the_images() -> None:
    # NumPy fills a seed with zeros: (seed, epoch) and (seed, epoch, 0) are the same.
    assert crc32(b"") == 0
    for transform in ("flip random", "flip alternating", "crop_padding", "erasing", "mix"):
        assert crc32(transform.encode()) > 2**16


def test_numbers_are_uniform() -> None:
    numbers = draws((10_000, 1, 1, 1)).uniform("flip", 2)
    assert numbers.min() >= 0
    assert numbers.max() < 1
    np.testing.assert_allclose(numbers.mean(0), 0.5, atol=0.01)
    np.testing.assert_allclose(numbers.std(0), 12**-0.5, atol=0.01)


@pytest.mark.parametrize("seed", [0, 2**32 - 1])
def test_any_seed_will_do(seed: int) -> None:
    assert draws((2, 1, 1, 1), seed=seed).uniform("flip", 1).shape == (2, 1)


def test_an_empty_split_has_no_rows() -> None:
    assert draws((0, 8, 8, 1)).uniform("flip", 2).shape == (0, 2)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(np.float64, torch.float32), (np.int64, torch.int64), (np.bool_, torch.bool)],
)
def test_floats_have_32_bits_on_the_device(kind: type, expected: torch.dtype) -> None:
    table = draws((3, 1, 1, 1)).table(np.ones((3, 2), kind))
    assert table.dtype == expected
    assert table.shape == (3, 2)


def test_rows_go_to_the_device() -> None:
    meta = Draws(0, 0, (2, 1, 1, 1), torch.device("meta"))
    assert meta.table(np.ones(2)).device.type == "meta"
    assert draws((2, 1, 1, 1)).table(np.ones(2)).device == CPU
