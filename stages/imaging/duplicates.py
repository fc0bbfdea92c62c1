"""The same pixels twice: harmless within a split, a leak between train and test."""

from collections.abc import Mapping
from itertools import combinations
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Int64, UInt64
from pydantic import Field

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
    leaked: Int64[np.ndarray, " l"]  # rows of train whose pixels are in val or test
    examples: list[list[tuple[str, int]]]  # split and row, of groups shared or contradictory


def find(
    digests: Mapping[str, UInt64[np.ndarray, "_ 2"]], labels: Mapping[str, Int64[np.ndarray, " _"]]
) -> Findings:
    """Compare the digests of the pixels of every split, in the order of its rows."""
    pixels = np.unique(np.concatenate(list(digests.values())), axis=0, return_inverse=True)[1]
    ends = np.cumsum([len(rows) for rows in digests.values()])[:-1]
    groups = dict(zip(digests, np.split(pixels.ravel(), ends), strict=True))
    pairs = {
        f"{one}_and_{other}": np.isin(groups[one], groups[other])
        for one, other in combinations(digests, 2)
    }
    suspect = [groups[pair.split("_")[0]][found] for pair, found in pairs.items()]
    disputed = _disputed(groups, labels)
    return Findings(
        repeated=len(pixels) - len(np.unique(pixels)),
        shared={pair: int(found.sum()) for pair, found in pairs.items()},
        contradictory=len(disputed),
        leaked=np.flatnonzero(pairs["train_and_val"] | pairs["train_and_test"]),
        examples=_members(groups, np.unique(np.concatenate([*suspect, disputed]))[:EXAMPLES]),
    )


def _disputed(
    groups: Mapping[str, Int64[np.ndarray, " _"]], labels: Mapping[str, Int64[np.ndarray, " _"]]
) -> Int64[np.ndarray, " g"]:
    """Return the groups that bear more than one label."""
    pairs = [np.stack([groups[split], labels[split]]) for split in groups]
    named = np.unique(np.concatenate(pairs, axis=1), axis=1)[0]
    found, labels_each = np.unique(named, return_counts=True)
    return found[labels_each > 1]


def _members(
    groups: Mapping[str, Int64[np.ndarray, " _"]], chosen: Int64[np.ndarray, " g"]
) -> list[list[tuple[str, int]]]:
    """Return split and row of every image of the chosen groups."""
    found: dict[int, list[tuple[str, int]]] = {int(group): [] for group in chosen}
    for split, numbers in groups.items():
        for row in np.flatnonzero(np.isin(numbers, chosen)).tolist():
            found[int(numbers[row])].append((split, row))
    return list(found.values())
