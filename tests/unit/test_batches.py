import numpy as np
import pytest
import torch
from jaxtyping import TypeCheckError
from toys import split

from stages.artifacts.splits import Split
from stages.batches import Resident, batches, to_device

CPU = torch.device("cpu")


def resident(count: int) -> Resident:
    """Return images whose every pixel is their number, of the label 10 x their number."""
    numbers = torch.arange(count)
    images = numbers.to(torch.uint8)[:, None, None, None].expand(count, 2, 3, 1)
    return Resident(images.contiguous(), 10 * numbers)


@pytest.mark.parametrize(
    ("size", "numbers"),
    [
        (1, [[4], [0], [3], [1], [2]]),
        (2, [[4, 0], [3, 1], [2]]),
        (5, [[4, 0, 3, 1, 2]]),
        (9, [[4, 0, 3, 1, 2]]),
    ],
)
def test_batches_follow_the_order_and_end_with_the_rest(
    size: int, numbers: list[list[int]]
) -> None:
    made = list(batches(resident(5), torch.tensor([4, 0, 3, 1, 2]), size))
    assert [images[:, 0, 0, 0].tolist() for images, _ in made] == numbers
    assert [labels.tolist() for _, labels in made] == [[10 * n for n in batch] for batch in numbers]


def test_an_order_may_leave_out_and_repeat() -> None:
    ((images, labels),) = batches(resident(5), torch.tensor([2, 2, 0]), 8)
    assert images.shape == (3, 2, 3, 1)
    assert labels.tolist() == [20, 20, 0]


def test_an_order_beyond_the_images_is_refused() -> None:
    with pytest.raises(IndexError):
        list(batches(resident(3), torch.tensor([3]), 1))


def test_pixels_stay_uint8() -> None:
    data = to_device(split(3), CPU)
    assert data.images.dtype == torch.uint8
    assert data.labels.dtype == torch.int64


def test_on_the_cpu_nothing_is_copied() -> None:
    arrays = split(3)
    data = to_device(arrays, CPU)
    assert np.shares_memory(data.images.numpy(), arrays.images)
    assert np.shares_memory(data.labels.numpy(), arrays.labels)


def test_an_order_that_is_no_list_of_indices_is_refused() -> None:
    with pytest.raises(TypeCheckError):
        list(batches(resident(3), torch.tensor([0.5]), 1))


def test_arrays_that_are_no_pixels_are_refused() -> None:
    with pytest.raises(TypeError, match="type"):
        to_device(Split(np.array([["a"]]), np.arange(1)), CPU)
