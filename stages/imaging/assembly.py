"""Every image through decoding into its split, in bounded memory."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from itertools import chain, count
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int64, UInt64

from stages.artifacts.raw import Published
from stages.artifacts.splits import NAMES, Split, Writer
from stages.imaging.pool import Batch, Decoding, decode_all
from stages.progress import Progress


class Seen(NamedTuple):
    """What is known of the images, by split, in the order of the rows."""

    numbers: dict[str, Int64[np.ndarray, " _"]]  # of the image, through all that is published
    digests: dict[str, UInt64[np.ndarray, "_ 2"]]  # of the pixels, as resized
    sizes: Counter[tuple[int, int]]  # images by height and width as published, in pixels
    failures: dict[str, str]  # the reason, by path
    counts: Int64[np.ndarray, "c 256"]  # the histogram of train


def assemble(
    published: Published,
    members: Mapping[str, Int64[np.ndarray, " _"]],
    params: Decoding,
    out: Writer,
) -> Seen:
    """Decode every image and append it to its split; `members` numbers the images of each."""
    labels = np.concatenate(list(published.labels.values()))  # [N]
    homes = np.empty(len(labels), np.int8)  # [N] indices into NAMES
    for home, name in enumerate(NAMES):
        homes[members[name]] = home
    numbers = {name: [np.array([], np.int64)] for name in NAMES}
    digests = {name: [np.empty((0, 2), np.uint64)] for name in NAMES}
    sizes, failures = Counter[tuple[int, int]](), dict[str, str]()
    counts = np.zeros((params.channels, 256), np.int64)
    for batch, number in _numbered(published, params, homes == NAMES.index("train")):
        counts += batch.counts
        sizes.update(map(tuple, batch.sizes.tolist()))
        for path, reason in batch.failures:
            failures[_unlike(path, failures)] = reason
        for home, name in enumerate(NAMES):
            here = homes[number] == home
            out.append(name, Split(batch.images[here], labels[number[here]]))
            numbers[name].append(number[here])
            digests[name].append(batch.digests[here])
    return Seen(
        {name: np.concatenate(numbers[name]) for name in NAMES},
        {name: np.concatenate(digests[name]) for name in NAMES},
        sizes,
        failures,
        counts,
    )


def _unlike(path: str, known: Collection[str]) -> str:
    """Number a path that is known already: splits may be published with the same names."""
    again = (f"{path} ({number})" for number in count(2))
    return next(name for name in chain([path], again) if name not in known)


def _numbered(
    published: Published, params: Decoding, counting: Bool[np.ndarray, " n"]
) -> Iterator[tuple[Batch, Int64[np.ndarray, " _"]]]:
    """Yield every batch with the numbers of the images that were decoded."""
    groups, total, start = list(chain(*published.groups.values())), len(counting), 0
    with Progress("decode", total, "images") as progress:
        for batch in decode_all(groups, params, counting):
            yield batch, start + np.flatnonzero(batch.decoded)
            start += len(batch.decoded)
            progress.advance(len(batch.decoded))
