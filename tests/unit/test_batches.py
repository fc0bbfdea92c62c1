from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from jaxtyping import TypeCheckError
from torch import Tensor
from toys import split

from stages import batches as module
from stages.artifacts import parts
from stages.artifacts.splits import Split
from stages.batches import Batch, Resident, batches, gathered, prefetched, to_device

CPU = torch.device("cpu")


def resident(count: int) -> Resident:
    """Return images whose every pixel is their number, of the label 10 x their number."""
    numbers = torch.arange(count)
    images = numbers.to(torch.uint8)[:, None, None, None].expand(count, 2, 3, 1)
    return Resident(images.contiguous(), 10 * numbers)


def numbers(batch: Batch) -> list[int]:
    """Return the numbers of the images, whose labels and indices must go with them."""
    found: list[int] = batch.images[:, 0, 0, 0].tolist()
    assert batch.labels.tolist() == [10 * number for number in found]
    assert batch.indices.tolist() == found
    return found


@pytest.mark.parametrize("bytes_at_once", [1, 12, 2**20])
@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (1, [[4], [0], [3], [1], [2]]),
        (2, [[4, 0], [3, 1], [2]]),
        (5, [[4, 0, 3, 1, 2]]),
        (9, [[4, 0, 3, 1, 2]]),
    ],
)
def test_batches_follow_the_order_and_end_with_the_rest(
    size: int, expected: list[list[int]], bytes_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK_BYTES", bytes_at_once)
    made = batches(resident(5), torch.tensor([4, 0, 3, 1, 2]), size)
    assert [numbers(batch) for batch in made] == expected


@pytest.mark.parametrize("bytes_at_once", [1, 6 * 7, 6 * 20, 2**20])
@pytest.mark.parametrize("size", [1, 3, 7, 64, 200])
def test_batches_are_those_of_plain_indexing(
    size: int, bytes_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK_BYTES", bytes_at_once)
    data = resident(150)
    order = torch.randperm(150, generator=torch.Generator().manual_seed(0))[:131]
    made = [numbers(batch) for batch in batches(data, order, size)]
    assert made == [data.images[rows, 0, 0, 0].tolist() for rows in order.split(size)]


def test_an_order_may_leave_out_and_repeat() -> None:
    (batch,) = batches(resident(5), torch.tensor([2, 2, 0]), 8)
    assert batch.images.shape == (3, 2, 3, 1)
    assert numbers(batch) == [2, 2, 0]


def test_an_order_beyond_the_images_is_refused() -> None:
    with pytest.raises(IndexError):
        list(batches(resident(3), torch.tensor([3]), 1))


@pytest.mark.parametrize("bytes_at_once", [1, 2**20])
def test_images_are_changed_by_their_indices(
    bytes_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK_BYTES", bytes_at_once)

    def transform(images: Tensor, indices: Tensor) -> Tensor:
        assert images[:, 0, 0, 0].tolist() == indices.tolist()
        return images + indices[:, None, None, None].byte()

    made = list(batches(resident(7), torch.tensor([6, 1, 1, 5, 0]), 2, transform))
    assert [batch.images[:, 1, 1, 0].tolist() for batch in made] == [[12, 2], [2, 10], [0]]
    assert [batch.labels.tolist() for batch in made] == [[60, 10], [10, 50], [0]]


Gather = Callable[[Resident, tuple[Tensor, ...]], Iterator[tuple[Tensor, Tensor]]]


@pytest.mark.parametrize("gather", [gathered, prefetched])
@pytest.mark.parametrize("size", [1, 4, 9, 50])
def test_chunks_come_in_their_order(gather: Gather, size: int) -> None:
    data, order = resident(40), torch.arange(40).flip(0)
    chunks = list(gather(data, order.split(size)))
    for (images, indices), rows in zip(chunks, order.split(size), strict=True):
        assert torch.equal(images, data.images[rows])
        assert torch.equal(indices, rows)


def test_one_chunk_is_gathered_ahead_of_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, gather = list[int](), module._pinned

    def noted(images: Tensor, indices: Tensor) -> Tensor:
        begun.append(len(begun))
        return gather(images, indices)

    monkeypatch.setattr(module, "_pinned", noted)
    chunks = prefetched(resident(9), torch.arange(9).split(1))
    for taken in range(1, 4):
        next(chunks)
        assert len(begun) <= taken + 1


def test_a_wrong_index_ahead_of_the_device_is_refused() -> None:
    with pytest.raises(IndexError):
        list(prefetched(resident(3), torch.tensor([0, 1, 5]).split(1)))


def test_what_a_gpu_fetches_is_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(Tensor, "pin_memory", lambda chunk: chunk + 100)  # to tell them
    chunks = prefetched(resident(4), torch.arange(4).split(2))
    assert [images[:, 0, 0, 0].tolist() for images, _ in chunks] == [[100, 101], [102, 103]]


def test_images_in_main_memory_come_to_the_device_of_the_labels() -> None:
    data = resident(5)
    far = Resident(data.images, data.labels.to("meta"))
    made = list(batches(far, torch.arange(5), 2))
    assert [len(batch.images) for batch in made] == [2, 2, 1]
    assert {one.device.type for batch in made for one in batch[:2]} == {"meta"}
    assert [batch.indices.tolist() for batch in made] == [[0, 1], [2, 3], [4]]  # for draws


@pytest.mark.parametrize(("free", "whole"), [(121, True), (120, False), (0, False)])
def test_a_split_moves_whole_if_it_takes_less_than_half_of_what_is_free(
    free: int, monkeypatch: pytest.MonkeyPatch, *, whole: bool
) -> None:
    monkeypatch.setattr(module, "_free", lambda _: free)
    data = to_device(split(3), torch.device("meta"))  # 3 images of 20 bytes
    assert data.images.device.type == ("meta" if whole else "cpu")
    assert data.labels.device.type == "meta"


def test_what_is_free_is_asked_of_the_gpu_or_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (5, 9))
    monkeypatch.setattr(module, "free_memory", lambda: 12)
    assert module._free(torch.device("cuda")) == 5
    assert module._free(CPU) == 12
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "4")  # processes that share the machine
    assert module._free(CPU) == 3


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


def test_images_in_parts_are_indexed_as_one_array(tmp_path: Path) -> None:
    whole = np.arange(5 * 6, dtype=np.uint8).reshape(5, 2, 3, 1)
    for number, part in enumerate((whole[:2], whole[2:])):
        np.save(parts.path_of(tmp_path, number), part)
    parted: Any = parts.read(tmp_path, [2, 3], (2, 3, 1))
    data = to_device(Split(parted, np.arange(5)), torch.device("cpu"))
    (batch,) = batches(data, torch.tensor([4, 0, 1, 2]), 8)
    np.testing.assert_array_equal(batch.images.numpy(), whole[[4, 0, 1, 2]])
