"""Decode every image into its split, in bounded memory."""

from collections import Counter
from collections.abc import Collection, Iterator
from itertools import chain, compress, count
from math import prod
from typing import NamedTuple

import numpy as np
from jaxtyping import Int8, Int64, UInt32

from stages.artifacts.raw import Published
from stages.artifacts.splits import NAMES, Split, Writer
from stages.imaging import parting
from stages.imaging.parting import TRAIN
from stages.imaging.pool import Decoding, decode_groups
from stages.imaging.row_group import DecodedGroup
from stages.progress import Progress

EXCLUDED = -1  # instead of an index into NAMES


class ImageRecords(NamedTuple):
    """Split, checksum, sizes and failures of the n published images."""

    split_ids: Int8[np.ndarray, " n"]  # index into NAMES, or EXCLUDED
    checksums: UInt32[np.ndarray, " n"]  # of the pixels, as resized; 0 where excluded
    sizes: Counter[tuple[int, int]]  # images by height and width as published, in pixels
    failures: dict[str, str]  # why an image could not be decoded, by path
    remarks: dict[str, str]  # what is odd about an image, by path
    histogram: Int64[np.ndarray, "c 256"]  # of the pixels of train
    dropped: int = 0  # images removed from train again


def decode_into(
    out: Writer, published: Published, split_ids: Int8[np.ndarray, " n"], params: Decoding
) -> ImageRecords:
    """Decode and resize every image and append it to its split."""
    labels = published.all_labels()
    records = _no_records(len(labels), params.channels)
    with Progress("decode", len(labels), "images") as progress:
        for group, number in _decoded(out, published, split_ids, params):
            ids = split_ids[group.numbers]
            records.split_ids[group.numbers] = ids
            _record(records, group)
            for split_id, name in enumerate(NAMES):
                rows = ids == split_id
                own, paths = labels[group.numbers[rows]], list(compress(group.paths, rows))
                if number is None:
                    out.append(name, Split(group.images[rows], own), paths)
                else:
                    out.add(name, number, own, paths)
            progress.advance(len(group.numbers) + len(group.failures))
    return records


def _decoded(
    out: Writer, published: Published, split_ids: Int8[np.ndarray, " n"], params: Decoding
) -> Iterator[tuple[DecodedGroup, int | None]]:
    """Yield every decoded group, and if its images are written already, in which part."""
    layout = parting.layout(published.row_groups, prod(out.shape))
    if not layout:
        for group in decode_groups(published.row_groups, params, split_ids == TRAIN):
            yield group, None
        return
    folder = out.expect_parts(len(layout))
    written = parting.write_parts(layout, params, split_ids, folder)
    for number, groups in enumerate(written):
        for group in groups:
            yield group, number


def _no_records(images: int, channels: int) -> ImageRecords:
    """Return the records of images of which none is decoded yet."""
    return ImageRecords(
        np.full(images, EXCLUDED, np.int8),
        np.zeros(images, np.uint32),
        Counter(),
        {},
        {},
        np.zeros((channels, 256), np.int64),
    )


def _record(records: ImageRecords, group: DecodedGroup) -> None:
    """Add what is known of the images of a group."""
    records.checksums[group.numbers] = group.checksums
    records.sizes.update(map(tuple, group.sizes.tolist()))
    records.histogram[:] += group.histogram
    for path, reason in group.failures:
        records.failures[_unique(path, records.failures)] = reason
    for path, remark in group.remarks:
        records.remarks[_unique(path, records.remarks)] = remark


def _unique(path: str, known: Collection[str]) -> str:
    """Number a path that is known already: splits may be published with the same names."""
    again = (f"{path} ({number})" for number in count(2))
    return next(name for name in chain([path], again) if name not in known)
