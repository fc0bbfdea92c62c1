"""The same pixels twice: harmless within a split, a leak between train and test."""

from itertools import combinations
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Int64
from pydantic import Field

from stages.artifacts.splits import NAMES
from stages.imaging.originals import Originals
from stages.params import Params

EXAMPLES = 100  # groups of duplicates that are named


class Duplicates(Params):
    """Parameters of what becomes of duplicates."""

    duplicates: Literal["keep", "drop_from_train"] = Field(
        description="of images in train with the pixels of others in val or test"
    )


class Findings(NamedTuple):
    """Which images have the same pixels."""

    repeated: int  # images whose pixels came before
    shared: dict[str, int]  # images of the first split whose pixels are in the second, too
    contradictory: int  # groups of the same pixels under more than one label
    leaked: Int64[np.ndarray, " l"]  # numbers of images of train with pixels of val or test
    examples: list[list[tuple[str, int]]]  # split and number, of groups shared or contradictory


def find(images: Originals) -> Findings:
    """Compare the digests of the pixels, within and between the splits."""
    groups = np.unique(images.digests, axis=0, return_inverse=True)[1].ravel()  # [M]
    by_split = {name: groups[images.homes == home] for home, name in enumerate(NAMES)}
    shared = {
        f"{one}_and_{other}": np.isin(by_split[one], by_split[other])
        for one, other in combinations(NAMES, 2)
    }
    disputed = _disputed(groups, images.labels)
    suspect = [by_split[pair.split("_")[0]][found] for pair, found in shared.items()]
    leaked = shared["train_and_val"] | shared["train_and_test"]
    chosen = np.unique(np.concatenate([*suspect, disputed]))[:EXAMPLES]
    return Findings(
        repeated=len(groups) - len(np.unique(groups)),
        shared={pair: int(found.sum()) for pair, found in shared.items()},
        contradictory=len(disputed),
        leaked=images.numbers[images.homes == NAMES.index("train")][leaked],
        examples=[_members(images, groups == group) for group in chosen],
    )


def _disputed(
    groups: Int64[np.ndarray, " m"], labels: Int64[np.ndarray, " m"]
) -> Int64[np.ndarray, " g"]:
    """Return the groups that bear more than one label."""
    named = np.unique(np.stack([groups, labels]), axis=1)[0]
    found, labels_each = np.unique(named, return_counts=True)
    return found[labels_each > 1]


def _members(images: Originals, chosen: np.ndarray) -> list[tuple[str, int]]:
    """Name split and number of some images, split by split."""
    order = np.argsort(images.homes[chosen], kind="stable")
    found = zip(images.homes[chosen][order], images.numbers[chosen][order], strict=True)
    return [(NAMES[home], int(number)) for home, number in found]
