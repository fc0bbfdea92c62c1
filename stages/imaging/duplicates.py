"""Images with the same pixels, within and between the splits."""

from hashlib import blake2b
from itertools import combinations
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Bool, Int8, Int64, UInt32, UInt64
from pydantic import Field

from reprise.decoding import decode
from reprise.spec import Channels
from stages.artifacts.raw import GROUP_IMAGES, Published
from stages.artifacts.splits import NAMES, Writer
from stages.imaging.assembly import EXCLUDED, ImageRecords
from stages.imaging.normalization import histogram
from stages.imaging.parting import TRAIN
from stages.params import Params

EXAMPLES = 100  # groups of duplicates that are named


class Duplicates(Params):
    """Parameters of what becomes of duplicates."""

    duplicates: Literal["keep", "drop_from_train"] = Field(
        description="of images in train with the pixels of others in val or test"
    )


class HashedImages(NamedTuple):
    """Images that may have duplicates, in ascending order of their numbers."""

    numbers: Int64[np.ndarray, " m"]  # through all that is published
    paths: list[str]  # of these m
    split_ids: Int8[np.ndarray, " m"]  # index into NAMES
    labels: Int64[np.ndarray, " m"]
    digests: UInt64[np.ndarray, "m 2"]  # of size and pixels, as published


class DuplicateReport(NamedTuple):
    """Images with the same pixels, within and across splits."""

    repeated: int  # images whose pixels came before
    shared: dict[str, int]  # images of the first split whose pixels are in the second, too
    contradictory: int  # groups of the same pixels under more than one label
    leaked: Int64[np.ndarray, " l"]  # numbers of images of train with pixels of val or test
    examples: list[list[tuple[str, str]]]  # split and path, of groups shared or contradictory

    @property
    def counts(self) -> dict[str, int]:
        """How many there are of each kind."""
        return {"repeated": self.repeated, **self.shared, "contradictory": self.contradictory}


def hash_originals(published: Published, records: ImageRecords, channels: Channels) -> HashedImages:
    """Hash, with 128 bits, the images whose checksum after resizing others have, too.

    To hash every image before resizing takes a fifth of the time of decoding; usually few need it.
    """
    numbers = _repeated_indices(records.checksums)
    numbers = numbers[records.split_ids[numbers] != EXCLUDED]
    paths, digests = list[str](), list[bytes]()
    for image in published.images(numbers):
        paths.append(image.path)
        digests.append(_digest(image.data, channels))
    return HashedImages(
        numbers,
        paths,
        records.split_ids[numbers],
        published.all_labels()[numbers],
        np.frombuffer(b"".join(digests), np.uint64).reshape(-1, 2),
    )


def _repeated_indices(values: UInt32[np.ndarray, " n"]) -> Int64[np.ndarray, " m"]:
    """Return the ascending indices of the values that occur more than once."""
    order = np.argsort(values)
    same = np.flatnonzero(np.diff(values[order]) == 0)
    return np.unique(order[np.concatenate([same, same + 1])])


def _digest(data: bytes, channels: Channels) -> bytes:
    """Return 128 bits over the size and the pixels of an image, as decoded."""
    picture = decode(data, channels)
    digest = blake2b(f"{picture.size}".encode(), digest_size=16)
    digest.update(picture.tobytes())
    return digest.digest()


def find_duplicates(images: HashedImages) -> DuplicateReport:
    """Compare the digests of the pixels, within and between the splits."""
    groups = np.unique(images.digests, axis=0, return_inverse=True)[1].ravel()  # [M]
    by_split = {name: groups[images.split_ids == index] for index, name in enumerate(NAMES)}
    shared = {
        f"{one}_and_{other}": np.isin(by_split[one], by_split[other])
        for one, other in combinations(NAMES, 2)
    }
    contradictory = _contradictory_groups(groups, images.labels)
    suspect = [by_split[pair.split("_")[0]][found] for pair, found in shared.items()]
    leaked = shared["train_and_val"] | shared["train_and_test"]
    chosen = np.unique(np.concatenate([*suspect, contradictory]))[:EXAMPLES]
    return DuplicateReport(
        repeated=len(groups) - len(np.unique(groups)),
        shared={pair: int(found.sum()) for pair, found in shared.items()},
        contradictory=len(contradictory),
        leaked=images.numbers[images.split_ids == TRAIN][leaked],
        examples=[_members(images, groups == group) for group in chosen],
    )


def _contradictory_groups(
    groups: Int64[np.ndarray, " m"], labels: Int64[np.ndarray, " m"]
) -> Int64[np.ndarray, " g"]:
    """Return the groups that have more than one label."""
    pairs = np.unique(np.stack([groups, labels]), axis=1)[0]
    found, labels_each = np.unique(pairs, return_counts=True)
    return found[labels_each > 1]


def _members(images: HashedImages, chosen: Bool[np.ndarray, " m"]) -> list[tuple[str, str]]:
    """Return split and path of the chosen images, split by split."""
    rows = np.flatnonzero(chosen)
    rows = rows[np.argsort(images.split_ids[rows], kind="stable")]
    return [(NAMES[images.split_ids[row]], images.paths[row]) for row in rows]


def drop_duplicates(
    out: Writer, records: ImageRecords, report: DuplicateReport, params: Duplicates
) -> ImageRecords:
    """Remove from train the images that are in val or test, too, if the parameters say so."""
    if params.duplicates == "keep":
        return records
    rows = np.searchsorted(np.flatnonzero(records.split_ids == TRAIN), report.leaked)
    counts = records.histogram.copy()
    for part in np.array_split(rows, 1 + len(rows) // GROUP_IMAGES):
        counts -= histogram(out.images("train", part))
    out.remove("train", rows)
    return records._replace(histogram=counts, dropped=len(rows))
