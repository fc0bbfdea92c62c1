"""Batches of a split on the device: indexing, transforming, prefetching."""

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from math import prod
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from reprise.capacity import free_memory
from stages.artifacts.parts import PartedImages
from stages.artifacts.splits import Split
from stages.stored import BLOCK, StoredImages, stored

CHUNK_BYTES = 2**20  # of images gathered at once: for small batches one by one, overhead dominates
READERS = 8  # threads that read from the disk: it answers more requests a second if it has several
AHEAD_BYTES = 2**28  # at most, of images that are gathered ahead
MEMORY_SHARE = 0.5  # of the device's free memory that a split may take; networks need the rest

Transform: TypeAlias = Callable[
    [Tensor, Tensor], Tensor
]  # uint8 [B, H, W, C], indices [B] -> images
Pixels: TypeAlias = UInt8[Tensor, "b h w c"]
Features: TypeAlias = Float[Tensor, "b ..."]
# Pixels | StoredImages | Features; not written as that, as most who ask know which it is.
Images: TypeAlias = Any


class Resident(NamedTuple):
    """A split as uint8, 4 times smaller than float32; labels are always on the device.

    Of images that a frozen backbone has seen, it may be their features: float [N, D].
    """

    images: Images  # on the device, or where they do not fit in main memory or on the disk
    labels: Int64[Tensor, " n"]


class Batch(NamedTuple):
    """Some images on the device."""

    images: Pixels | Features
    labels: Int64[Tensor, " b"]
    indices: Int64[Tensor, " b"]  # where in the split they are; in main memory


def to_device(split: Split, device: torch.device) -> Resident:
    """Move a split to the device, if it fits; else its images stay where they are.

    Raises:
        UserError: a file of it cannot be read.
    """
    images, labels = _on_disk(split), torch.from_numpy(split.labels)
    if isinstance(split.labels, np.memmap):
        labels = labels.clone()
    return placed(torch.from_numpy(split.images) if images is None else images, labels.to(device))


def placed(images: Images, labels: Int64[Tensor, " n"]) -> Resident:
    """Move images, or their features, to the device of the labels, if they fit there."""
    whole = images.nbytes < MEMORY_SHARE * _free(labels.device)
    return Resident(_loaded(images, labels.device) if whole else images, labels)


def batches(
    data: Resident, order: Int64[Tensor, " m"], size: int, transform: Transform | None = None
) -> Iterator[Batch]:
    """Yield images in the given order, `size` at a time; the last batch may be smaller.

    `transform` maps images, and their indices in main memory, to images, each image by itself: it
    sees many batches at once.
    """
    image_bytes = max(1, prod(data.images.shape[1:]))
    chunks = order.split(size * max(1, CHUNK_BYTES // (size * image_bytes)))
    is_tensor = isinstance(data.images, Tensor)
    on_device = is_tensor and data.images.device == data.labels.device
    made = (gathered if on_device else prefetched)(data, chunks)
    for chunk, (images, indices) in zip(chunks, made, strict=True):
        transformed = transform(images, chunk) if transform else images
        parts = transformed.split(size), data.labels[indices].split(size), chunk.split(size)
        yield from map(Batch, *parts)


def gathered(data: Resident, chunks: tuple[Tensor, ...]) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the images and indices of each chunk, all on one device."""
    for chunk in chunks:
        indices = chunk.to(data.labels.device)
        yield gather(data.images, indices), indices


def prefetched(data: Resident, chunks: tuple[Tensor, ...]) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the same for images elsewhere; gather the next chunks while the device has one.

    From main memory one is gathered ahead; from the disk several at once, as it is fastest so.
    """
    device, waiting = data.labels.device, deque[Future[Tensor]]()
    readers = 1 if isinstance(data.images, Tensor) else READERS
    chunk_bytes = len(chunks[0]) * prod(data.images.shape[1:])
    ahead = min(2 * readers - 1, max(1, AHEAD_BYTES // max(1, chunk_bytes)))
    pool = ThreadPoolExecutor(readers)
    try:
        for number, chunk in enumerate(chunks):
            for following in chunks[number + len(waiting) : number + 1 + ahead]:
                waiting.append(pool.submit(_pinned, data.images, following))
            yield waiting.popleft().result().to(device, non_blocking=True), chunk.to(device)
    finally:
        pool.shutdown(cancel_futures=True)


def gather(images: Images, indices: Int64[Tensor, " b"]) -> Pixels | Features:
    """Return some images of a split, wherever it is; the indices are there, too."""
    if isinstance(images, StoredImages):
        return torch.from_numpy(images.read(indices.numpy()))
    # Copies whole images; indexing with [] goes pixel by pixel, ten times slower on a CPU.
    made: Tensor = images.index_select(0, indices)
    return made


def _on_disk(split: Split) -> StoredImages | None:
    """Return the images of a split as those of its files; None if they are in memory."""
    images = split.images
    return images.stored if isinstance(images, PartedImages) else stored(images)


def _pinned(images: Images, indices: Int64[Tensor, " b"]) -> Tensor:
    """Gather a chunk, in pinned memory if there is a GPU."""
    chunk = gather(images, indices)
    return chunk.pin_memory() if torch.cuda.is_available() else chunk


def _loaded(images: Images, device: torch.device) -> Pixels | Features:
    """Return all images on the device; from the disk they come in pieces."""
    if isinstance(images, Tensor):
        return images.to(device)
    made: Tensor = torch.empty(images.shape, dtype=torch.uint8, device=device)
    step = max(1, BLOCK // max(1, prod(images.shape[1:])))
    for start in range(0, len(images), step):
        rows = np.arange(start, min(start + step, len(images)))
        made[start : start + step] = torch.from_numpy(images.read(rows))
    return made


def _free(device: torch.device) -> float:
    """Return the free bytes of a GPU, or of main memory for each process that trains here."""
    if device.type == "cuda":
        return float(torch.cuda.mem_get_info(device)[0])
    return free_memory() / int(os.environ.get("LOCAL_WORLD_SIZE", "1"))  # which torchrun sets
