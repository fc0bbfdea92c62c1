from zlib import crc32

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pictures import CPU, draws

from stages.training.augmentation import draws as module
from stages.training.augmentation.draws import Draws, Indices

HUNDRED = np.arange(100)
WORD = 2**64


def splitmix(seed: int, count: int) -> list[int]:
    """Return 64-bit numbers as the published C code does (Vigna 2015, splitmix64.c)."""
    state, found = seed, list[int]()
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) % WORD
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % WORD
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % WORD
        found.append(z ^ (z >> 31))
    return found


def key(value: int) -> np.ndarray:
    return np.array([value], np.uint64)


def drawn(
    indices: Indices, transform: str = "flip", columns: int = 2, seed: int = 3, epoch: int = 5
) -> np.ndarray:
    return draws((100, 8, 8, 1), seed, epoch).uniform(transform, columns)(indices)


def test_the_oracle_is_the_published_generator() -> None:
    # The numbers that Rosetta Code and the documentation of many libraries give for this seed.
    assert splitmix(1234567, 3) == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


@pytest.mark.parametrize("columns", [1, 2, 5])
@pytest.mark.parametrize("seed", [0, 1234567, WORD - 1])
def test_rows_are_the_stream_of_splitmix64(seed: int, columns: int) -> None:
    found = module.uniform(key(seed), columns, np.arange(9))
    stream = np.array([number >> 11 for number in splitmix(seed, 9 * columns)]) / 2**53
    np.testing.assert_array_equal(found, stream.reshape(9, columns))


def test_a_row_far_away_needs_none_before_it() -> None:
    far = 10**12
    expected = splitmix((7 + far * 2 * 0x9E3779B97F4A7C15) % WORD, 2)
    found = module.uniform(key(7), 2, np.array([far]))
    assert (found[0] * 2**53).tolist() == [number >> 11 for number in expected]


@given(
    indices=st.lists(st.integers(0, 99), max_size=40),
    cuts=st.lists(st.integers(0, 40), max_size=4),
    columns=st.integers(1, 5),
)
def test_rows_are_the_same_in_any_batch(indices: list[int], cuts: list[int], columns: int) -> None:
    every = drawn(HUNDRED, columns=columns)
    batch = np.array(indices, np.int64)
    parts = np.split(batch, sorted(min(cut, len(batch)) for cut in cuts))
    found = [drawn(part, columns=columns) for part in parts]
    np.testing.assert_array_equal(np.concatenate(found), every[batch])


def test_numbers_depend_on_seed_epoch_transform_and_index_alone() -> None:
    first = drawn(HUNDRED)
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002 - the generator that must not matter
    drawn(HUNDRED, "crop", 7)
    np.testing.assert_array_equal(drawn(HUNDRED), first)


def test_the_numbers_of_an_image_do_not_depend_on_how_many_follow_it() -> None:
    few, many = draws((10, 8, 8, 1)), draws((1000, 9, 7, 3))
    rows = np.arange(10)
    np.testing.assert_array_equal(few.uniform("flip", 3)(rows), many.uniform("flip", 3)(rows))


@pytest.mark.parametrize(
    ("seed", "epoch", "transform"), [(4, 5, "flip"), (3, 4, "flip"), (5, 3, "flip"), (3, 5, "crop")]
)
def test_another_seed_epoch_or_transform_draws_other_numbers(
    seed: int, epoch: int, transform: str
) -> None:
    first = drawn(HUNDRED, columns=1)
    other = drawn(HUNDRED, transform, 1, seed, epoch)
    assert abs(np.corrcoef(first[:, 0], other[:, 0])[0, 1]) < 0.3


def test_numbers_are_not_those_of_the_order_of_the_images() -> None:
    # NumPy fills a seed with zeros: (seed, epoch) and (seed, epoch, 0) are the same.
    assert crc32(b"") == 0
    for transform in ("flip random", "flip alternating", "crop_padding", "erasing", "mix"):
        assert crc32(transform.encode()) > 2**16


def test_numbers_are_uniform_and_unrelated() -> None:
    numbers = draws((10_000, 1, 1, 1)).uniform("flip", 2)(np.arange(10_000))
    assert numbers.min() >= 0
    assert numbers.max() < 1
    np.testing.assert_allclose(numbers.mean(0), 0.5, atol=0.01)
    np.testing.assert_allclose(numbers.std(0), 12**-0.5, atol=0.01)
    columns = [*numbers.T, np.roll(numbers[:, 0], 1)]  # with that of the image before
    np.testing.assert_allclose(np.corrcoef(columns), np.eye(3), atol=0.04)


@pytest.mark.parametrize("seed", [0, 2**32 - 1])
def test_any_seed_will_do(seed: int) -> None:
    assert drawn(HUNDRED[:2], columns=1, seed=seed).shape == (2, 1)


def test_an_empty_batch_has_no_rows() -> None:
    empty = draws((0, 8, 8, 1))
    located = empty.located(torch.arange(0))
    assert empty.uniform("flip", 2)(located).shape == (0, 2)


@pytest.mark.parametrize("indices", [[0, 3], [-1, 2]])
def test_an_image_that_is_not_in_the_split_has_no_rows(indices: list[int]) -> None:
    with pytest.raises(IndexError, match="of 3 images"):
        draws((3, 8, 8, 1)).located(torch.tensor(indices))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(np.float64, torch.float32), (np.int64, torch.int64), (np.bool_, torch.bool)],
)
def test_floats_have_32_bits_on_the_device(kind: type, expected: torch.dtype) -> None:
    rows = draws((3, 1, 1, 1)).moved(np.ones((3, 2), kind))
    assert rows.dtype == expected
    assert rows.shape == (3, 2)


def test_rows_go_to_the_device() -> None:
    meta = Draws(0, 0, (2, 1, 1, 1), torch.device("meta"))
    assert meta.moved(np.ones(2)).device.type == "meta"
    assert draws((2, 1, 1, 1)).moved(np.ones(2)).device == CPU
