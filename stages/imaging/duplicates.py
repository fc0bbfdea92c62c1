"""Whether images that look alike after resizing were alike before."""

from hashlib import blake2b
from itertools import combinations
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Int8, Int64, UInt32, UInt64
from pydantic import Field

from reprise.decoding import decode
from reprise.spec import Channels
from stages.artifacts.raw import Published
from stages.artifacts.splits import NAMES
from stages.imaging.assembly import EXCLUDED, ImageRecords
from stages.params import Params


class HashedImages(NamedTuple):
    """Images that others may equal, in ascending order of their numbers."""

    numbers: Int64[np.ndarray, " m"]  # through all that is published
    homes: Int8[np.ndarray, " m"]  # index into NAMES of the split of each
    labels: Int64[np.ndarray, " m"]
    digests: UInt64[np.ndarray, "m 2"]  # of size and pixels, as published


def hash_originals(published: Published, seen: ImageRecords, channels: Channels) -> HashedImages:
    """Take a second look, of 128 bits, at the images whose checksum others have, too.

    To hash every image before resizing takes a fifth of the time that decoding takes; those that
    need a second look are few, as a rule.
    """
    numbers = _repeated_indices(seen.checksums)
    numbers = numbers[seen.homes[numbers] != EXCLUDED]
    images = published.images(numbers.tolist())
    digests = [_digest(image.data, channels) for _, image in images]
    labels = np.concatenate(list(published.labels.values()))
    return HashedImages(
        numbers,
        seen.homes[numbers],
        labels[numbers],
        np.frombuffer(b"".join(digests), np.uint64).reshape(-1, 2),
    )


def _repeated_indices(checksums: UInt32[np.ndarray, " n"]) -> Int64[np.ndarray, " m"]:
    """Return where those are that are not alone, ascending."""
    order = np.argsort(checksums)
    same = np.flatnonzero(np.diff(checksums[order]) == 0)
    return np.unique(order[np.concatenate([same, same + 1])])


def _digest(data: bytes, channels: Channels) -> bytes:
    """Return 128 bits over the size and the pixels of an image, as decoded."""
    picture = decode(data, channels)
    found = blake2b(f"{picture.size}".encode(), digest_size=16)
    found.update(picture.tobytes())
    return found.digest()


EXAMPLES = 100  # groups of duplicates that are named


class Duplicates(Params):
    """Parameters of what becomes of duplicates."""

    duplicates: Literal["keep", "drop_from_train"] = Field(
        description="of images in train with the pixels of others in val or test"
    )


class DuplicateReport(NamedTuple):
    """Which images have the same pixels."""

    repeated: int  # images whose pixels came before
    shared: dict[str, int]  # images of the first split whose pixels are in the second, too
    contradictory: int  # groups of the same pixels under more than one label
    leaked: Int64[np.ndarray, " l"]  # numbers of images of train with pixels of val or test
    examples: list[list[tuple[str, int]]]  # split and number, of groups shared or contradictory


def find_duplicates(images: HashedImages) -> DuplicateReport:
    """Compare the digests of the pixels, within and between the splits."""
    groups = np.unique(images.digests, axis=0, return_inverse=True)[1].ravel()  # [M]
    by_split = {name: groups[images.homes == home] for home, name in enumerate(NAMES)}
    shared = {
        f"{one}_and_{other}": np.isin(by_split[one], by_split[other])
        for one, other in combinations(NAMES, 2)
    }
    disputed = _contradictory_groups(groups, images.labels)
    suspect = [by_split[pair.split("_")[0]][found] for pair, found in shared.items()]
    leaked = shared["train_and_val"] | shared["train_and_test"]
    chosen = np.unique(np.concatenate([*suspect, disputed]))[:EXAMPLES]
    return DuplicateReport(
        repeated=len(groups) - len(np.unique(groups)),
        shared={pair: int(found.sum()) for pair, found in shared.items()},
        contradictory=len(disputed),
        leaked=images.numbers[images.homes == NAMES.index("train")][leaked],
        examples=[_members(images, groups == group) for group in chosen],
    )


def _contradictory_groups(
    groups: Int64[np.ndarray, " m"], labels: Int64[np.ndarray, " m"]
) -> Int64[np.ndarray, " g"]:
    """Return the groups that bear more than one label."""
    named = np.unique(np.stack([groups, labels]), axis=1)[0]
    found, labels_each = np.unique(named, return_counts=True)
    return found[labels_each > 1]


def _members(images: HashedImages, chosen: np.ndarray) -> list[tuple[str, int]]:
    """Name split and number of some images, split by split."""
    order = np.argsort(images.homes[chosen], kind="stable")
    found = zip(images.homes[chosen][order], images.numbers[chosen][order], strict=True)
    return [(NAMES[home], int(number)) for home, number in found]
