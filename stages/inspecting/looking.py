"""Look at all images in every way; the splits stand one behind the other."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

from stages.artifacts.splits import Split
from stages.inspecting import copies, exposure, findings, label_errors, outliers
from stages.inspecting.copies import Copies
from stages.inspecting.exposure import Appearance
from stages.inspecting.findings import Finding
from stages.inspecting.held_out import Evidence
from stages.inspecting.outliers import Outliers
from stages.near_duplicates import thumbnails


class Finder(Copies, Outliers):
    """Parameters of what is found."""


class Pixels(NamedTuple):
    """Thumbnails and pixel statistics of all images."""

    thumbnails: UInt8[np.ndarray, "n s s"]
    appearance: Appearance


def scan(parts: Sequence[Split]) -> Pixels:
    """Read the pixels of all images once."""
    seen = [exposure.appearance(part.images) for part in parts]
    columns = (np.concatenate(column) for column in zip(*seen, strict=True))
    small = [thumbnails(part.images) for part in parts]
    return Pixels(np.concatenate(small), Appearance(*columns))


def find(known: Evidence, pixels: Pixels, params: Finder) -> list[Finding]:
    """Return all that a person should look at, by kind, the worst of each first."""
    return findings.worst_first([*_each(known, pixels, params)], known.images)


def _each(known: Evidence, pixels: Pixels, params: Finder) -> Iterator[Finding]:
    images, given, features = known
    rows = np.flatnonzero(given.known)
    doubts = label_errors.doubt(images.labels[rows], given.probabilities[rows])
    yield from findings.of_labels(doubts, rows)
    pairs = copies.find_copies(pixels.thumbnails, features, params)
    yield from findings.of_copies(pairs, images)
    far = outliers.distances(features, images.labels, images.splits == 0)
    yield from findings.of_outliers(*outliers.farthest(far, params.outliers))
    yield from findings.of_oddities(exposure.oddities(pixels.appearance))
