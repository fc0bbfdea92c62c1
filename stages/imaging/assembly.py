"""Every image through decoding into its split, in bounded memory."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from itertools import chain, compress, count
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int8, Int64, UInt32

from stages.artifacts.raw import Published
from stages.artifacts.splits import NAMES, Split, Writer
from stages.imaging.pool import Decoding, decode_groups
from stages.imaging.row_group import DecodedGroup
from stages.progress import Progress

EXCLUDED = -1  # instead of an index into NAMES


class ImageRecords(NamedTuple):
    """What is known of the images, numbered through all that is published."""

    homes: Int8[np.ndarray, " n"]  # index into NAMES of the split of each, or EXCLUDED
    checksums: UInt32[np.ndarray, " n"]  # of the pixels, as resized; 0 where excluded
    sizes: Counter[tuple[int, int]]  # images by height and width as published, in pixels
    failures: dict[str, str]  # the reason, by path
    counts: Int64[np.ndarray, "c 256"]  # the histogram of train
    remarks: Mapping[str, str] = {}  # what is odd, by path


def decode_into(
    published: Published, homes: Int8[np.ndarray, " n"], params: Decoding, out: Writer
) -> ImageRecords:
    """Decode every image and append it to its split; `homes` are indices into NAMES."""
    labels = np.concatenate(list(published.labels.values()))  # [N]
    seen = ImageRecords(
        homes.copy(),
        np.zeros(len(homes), np.uint32),
        Counter(),
        {},
        np.zeros((params.channels, 256), np.int64),
        remarks := dict[str, str](),
    )
    for batch, here in _placed(published, params, homes == NAMES.index("train")):
        _note(seen, batch, here)
        for path, remark in batch.remarks:
            remarks[_unique(path, remarks)] = remark
        homes_here = seen.homes[here][batch.decoded]
        for home, name in enumerate(NAMES):
            rows = homes_here == home
            part = Split(batch.images[rows], labels[here][batch.decoded][rows])
            out.append(name, part, list(compress(batch.paths, rows)))
    return seen


def _note(seen: ImageRecords, batch: DecodedGroup, here: slice) -> None:
    """Add what is known of a batch, of the images numbered `here`."""
    seen.homes[here][~batch.decoded] = EXCLUDED
    seen.checksums[here][batch.decoded] = batch.checksums
    seen.sizes.update(map(tuple, batch.sizes.tolist()))
    for path, reason in batch.failures:
        seen.failures[_unique(path, seen.failures)] = reason
    seen.counts[:] += batch.counts


def _unique(path: str, known: Collection[str]) -> str:
    """Number a path that is known already: splits may be published with the same names."""
    again = (f"{path} ({number})" for number in count(2))
    return next(name for name in chain([path], again) if name not in known)


def _placed(
    published: Published, params: Decoding, counting: Bool[np.ndarray, " n"]
) -> Iterator[tuple[DecodedGroup, slice]]:
    """Yield every batch with the numbers of its images."""
    groups, start = list(chain(*published.groups.values())), 0
    with Progress("decode", len(counting), "images") as progress:
        for batch in decode_groups(groups, params, counting):
            yield batch, slice(start, start := start + len(batch.decoded))
            progress.advance(len(batch.decoded))
