"""Count the images of each class, and what was found."""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from stages.artifacts.numbering import distinct
from stages.artifacts.splits import NAMES
from stages.inspecting.findings import COPIES, KINDS, Finding, Kind
from stages.inspecting.held_out import Evidence, HeldOut, Images


class ClassCount(NamedTuple):
    """Images of a class in each split, and what was found among them."""

    name: str
    images: tuple[int, ...]  # in the order of splits.NAMES
    found: tuple[int, ...]  # in the order of KINDS


def by_class(findings: Sequence[Finding], images: Images) -> list[ClassCount]:
    """Return a row a class."""
    count = len(images.classes)
    splits = np.zeros((count, len(NAMES)), np.int64)
    np.add.at(splits, (images.labels, images.splits), 1)
    kinds = np.zeros((count, len(KINDS)), np.int64)
    for one in findings:
        kinds[images.labels[one.row], KINDS.index(one.kind)] += 1
    names = distinct(images.classes)
    return [
        ClassCount(name, tuple(held), tuple(found))
        for name, held, found in zip(names, splits.tolist(), kinds.tolist(), strict=True)
    ]


def totals(findings: Sequence[Finding]) -> dict[Kind, int]:
    """Return the number of findings of each kind."""
    found = Counter(one.kind for one in findings)
    return {kind: found[kind] for kind in KINDS}


def summary(findings: Sequence[Finding], images: Images) -> str:
    """Say in a line how many images a person should look at, and why."""
    listed, found = len({one.row for one in findings}), totals(findings)
    told = ", ".join(f"{kind} {count:,}" for kind, count in found.items() if count)
    before = len({one.row for one in findings} & images.decided.keys())
    return (
        f"{listed:,} of {len(images.labels):,} images to look at"
        + (f", with {len(findings):,} findings" if len(findings) > listed else "")
        + (f": {told}" if told else "")
        + (f"; {before:,} of them were decided before" if before else "")
    )


def judged_by(given: HeldOut) -> str:
    """Say in a line how many labels could be judged, and by what."""
    known, folds = int(given.known.sum()), given.matched
    return (
        f"labels of {known:,} of {len(given.known):,} images judged: {folds:,} by out-of-fold "
        f"predictions, {known - folds:,} in val or test by this network"
    )


def counts(findings: Sequence[Finding], known: Evidence) -> dict[str, object]:
    """Return the figures of the stage."""
    images, given, _ = known
    near = {frozenset((one.row, one.other)) for one in findings if one.kind in COPIES}
    pairs = Counter(frozenset(int(images.splits[row]) for row in pair) for pair in near)
    across = {
        f"{NAMES[one]}_and_{NAMES[other]}": pairs[frozenset((one, other))]
        for one, other in combinations(range(len(NAMES)), 2)
    }
    own = {
        "images": len(images.labels),
        "judged": int(given.known.sum()),  # by a network that had not trained on them
        "out_of_fold": given.matched,
        "listed": len({one.row for one in findings}),
    }
    # Lists: DVC makes a column of every number that is not in one.
    return {
        "counts": [own],
        "findings": [totals(findings)],
        "near_duplicates": [{**across, "within": sum(pairs[frozenset((n,))] for n in range(3))}],
        "classes": [
            {
                "class": row.name,
                **dict(zip(NAMES, row.images, strict=True)),
                "findings": sum(row.found),
            }
            for row in by_class(findings, images)
        ],
    }
