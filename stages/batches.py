"""Batches of a split on the device: indexing, transforming, prefetching."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from math import inf
from typing import NamedTuple, TypeAlias

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from stages.artifacts.splits import Split

CHUNK_BYTES = 2**20  # of images gathered at once: for small batches one by one, overhead dominates
MEMORY_SHARE = 0.5  # of the device's free memory that a split may take; networks need the rest

Transform: TypeAlias = Callable[
    [Tensor, Tensor], Tensor
]  # uint8 [B, H, W, C], indices [B] -> images


class Resident(NamedTuple):
    """A split as uint8, 4 times smaller than float32; labels are always on the device."""

    images: UInt8[Tensor, "n h w c"]  # on the device, or in main memory where they do not fit
    labels: Int64[Tensor, " n"]


class Batch(NamedTuple):
    """Some images on the device."""

    images: UInt8[Tensor, "b h w c"]
    labels: Int64[Tensor, " b"]
    indices: Int64[Tensor, " b"]  # where in the split they are


def to_device(split: Split, device: torch.device) -> Resident:
    """Move a split to the device, if it fits; on the CPU it stays in its memory map."""
    # As an array: the images of a split in parts are read here, all of them.
    images, labels = torch.from_numpy(np.asarray(split.images)), torch.from_numpy(split.labels)
    whole = images.nbytes < MEMORY_SHARE * _free(device)
    return Resident(images.to(device) if whole else images, labels.to(device))


def batches(
    data: Resident, order: Int64[Tensor, " m"], size: int, transform: Transform | None = None
) -> Iterator[Batch]:
    """Yield images in the given order, `size` at a time; the last batch may be smaller.

    `transform` maps images and their indices to images, each image by itself: it sees many batches
    at once.
    """
    bytes_a_batch = size * data.images[:1].nbytes
    chunks = order.split(size * max(1, CHUNK_BYTES // max(1, bytes_a_batch)))
    on_device = data.images.device == data.labels.device
    for images, indices in (gathered if on_device else prefetched)(data, chunks):
        transformed = transform(images, indices) if transform else images
        parts = transformed.split(size), data.labels[indices].split(size), indices.split(size)
        yield from map(Batch, *parts)


def gathered(data: Resident, chunks: tuple[Tensor, ...]) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the images and indices of each chunk, all on one device."""
    for chunk in chunks:
        indices = chunk.to(data.labels.device)
        # Copies whole images; indexing with [] goes pixel by pixel, ten times slower on a CPU.
        yield data.images.index_select(0, indices), indices


def prefetched(data: Resident, chunks: tuple[Tensor, ...]) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the same for images in main memory; gather each chunk while the device has the last."""
    device = data.labels.device
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(_pinned, data.images, chunks[0])
        for number, chunk in enumerate(chunks, 1):
            images = following.result()
            if number < len(chunks):
                following = pool.submit(_pinned, data.images, chunks[number])
            yield images.to(device, non_blocking=True), chunk.to(device)


def _pinned(images: UInt8[Tensor, "n h w c"], indices: Int64[Tensor, " b"]) -> Tensor:
    """Gather a chunk, in pinned memory if there is a GPU."""
    chunk = images.index_select(0, indices)
    return chunk.pin_memory() if torch.cuda.is_available() else chunk


def _free(device: torch.device) -> float:
    """Return the free bytes of a GPU; on the CPU there is no limit, as a memory map needs none."""
    return float(torch.cuda.mem_get_info(device)[0]) if device.type == "cuda" else inf
