"""Say how the groups were dealt, and how near the splits came to their shares."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Int8, Int64

from reprise.counting import counted
from reprise.escaping import printable
from stages.artifacts.splits import NAMES
from stages.imaging.grouping import Groups


class Share(NamedTuple):
    """Share of the images that a split got, and the share that was asked for."""

    split: str
    groups: int
    found: float
    asked: float


class Dealt(NamedTuple):
    """Groups as they were dealt."""

    number: int
    largest: int  # images
    name: str  # of the largest
    shares: list[Share]

    def figures(self) -> dict[str, object]:
        """Return what stands in the file of figures."""
        shares = [share._asdict() for share in self.shares]
        return {"groups": [{"number": self.number, "largest": self.largest, "shares": shares}]}

    def message(self) -> str:
        """Say it in one line."""
        got = "".join(
            f", {share.split} got {share.found:.3f} ({share.asked:.3f} asked)"
            for share in self.shares
        )
        largest = f"the largest of {counted(self.largest, 'image')} ({printable(self.name)})"
        return f"{counted(self.number, 'group')}, {largest}{got}"


def summarise(
    groups: Groups, split_ids: Int8[np.ndarray, " n"], asked: Mapping[str, float]
) -> Dealt:
    """Compare what was cut off train with what was asked, as shares of it, by split."""
    sizes = np.bincount(groups.numbers)
    cut = [NAMES.index(name) for name in ("train", *asked)]
    whole = int(np.isin(split_ids, cut).sum())
    own = {name: groups.numbers[split_ids == NAMES.index(name)] for name in asked}
    shares = [
        Share(name, len(np.unique(own[name])), len(own[name]) / whole, share)
        for name, share in asked.items()
    ]
    return Dealt(len(sizes), int(sizes.max()), groups.names[int(sizes.argmax())], shares)


def mixed(groups: Groups, labels: Int64[np.ndarray, " n"]) -> Iterator[str]:
    """Say so where groups hold several classes: a pattern may have left the class out."""
    pairs = np.unique(np.stack([groups.numbers, labels]), axis=1)
    if count := int((np.bincount(pairs[0]) > 1).sum()):
        yield (
            f"{count:,} of {len(groups.names):,} groups hold images of several classes; if that is "
            f"not meant, set {groups.smaller}"
        )
