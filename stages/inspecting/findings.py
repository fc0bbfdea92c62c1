"""Findings, one an image and reason, by kind, the worst first."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np
from jaxtyping import Float, Int64

from stages.artifacts.review import ANEW, Row
from stages.artifacts.splits import NAMES
from stages.inspecting.exposure import Oddity
from stages.inspecting.held_out import Images
from stages.inspecting.label_errors import Doubts
from stages.near_duplicates import Pairs, connected

# contradiction: a near-duplicate of another label; leak: one in another split.
Kind: TypeAlias = Literal[
    "contradiction", "leak", "label", "duplicate", "outlier", "flat", "dark", "bright", "blurred"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
COPIES: tuple[Kind, ...] = ("contradiction", "leak", "duplicate")  # of near-duplicates, worst first


class Finding(NamedTuple):
    """Something to look at."""

    kind: Kind
    row: int  # of the image, through all splits
    score: float  # in [0, 1]: the higher, the surer or the worse
    suggestion: int = -1  # class that it may be
    other: int = -1  # row of the image that it is like


def of_labels(doubts: Doubts, rows: Int64[np.ndarray, " h"]) -> Iterator[Finding]:
    """Yield the labels in doubt, of images in these rows."""
    for place, score, suggestion in zip(*(one.tolist() for one in doubts), strict=True):
        yield Finding("label", int(rows[place]), score, suggestion)


def of_copies(pairs: Pairs, images: Images) -> Iterator[Finding]:
    """Yield every near-duplicate but one of each group, with the image that it is most like.

    That one is of test, or val, if one of the group is: what is to go is in train. But where labels
    contradict each other, both images are listed, for either may be wrong.
    """
    groups = connected(len(images.labels), [pairs])
    order = np.lexsort((np.arange(len(groups)), -images.splits, groups))
    kept = order[np.flatnonzero(np.diff(groups[order], prepend=-1))]
    for found in _partners(pairs, images):
        if found.kind == "contradiction" or found.row != kept[groups[found.row]]:
            yield found


def _partners(pairs: Pairs, images: Images) -> Iterator[Finding]:
    """Yield each image of a pair with the one of another label, in another split, or most like."""
    rows = np.concatenate([pairs.first, pairs.second])
    others = np.concatenate([pairs.second, pairs.first])
    similarity = np.concatenate([pairs.similarity, pairs.similarity])
    differs = images.labels[rows] != images.labels[others]
    leaks = images.splits[rows] != images.splits[others]
    gravity = np.where(differs, 0, np.where(leaks, 1, 2))
    order = np.lexsort((others, -similarity, gravity, rows))
    best = order[np.flatnonzero(np.diff(rows[order], prepend=-1))]
    columns = (one[best].tolist() for one in (gravity, rows, similarity, others))
    for grave, row, score, other in zip(*columns, strict=True):
        yield Finding(COPIES[grave], row, score, other=other)


def of_outliers(rows: Int64[np.ndarray, " m"], scores: Float[np.ndarray, " m"]) -> list[Finding]:
    """Return the images that are like no class."""
    return [Finding("outlier", *one) for one in zip(rows.tolist(), scores.tolist(), strict=True)]


def of_oddities(oddities: Sequence[Oddity]) -> Iterator[Finding]:
    """Yield the images that are odd by their pixels."""
    for name, rows, scores in oddities:
        kind = next(one for one in KINDS if one == name)
        for row, score in zip(rows.tolist(), scores.tolist(), strict=True):
            yield Finding(kind, row, score)


def worst_first(findings: Sequence[Finding], images: Images) -> list[Finding]:
    """Return findings by kind, the worst of each first; last those of images decided before."""

    def order(one: Finding) -> tuple[bool, int, float, int]:
        return one.row in images.decided, KINDS.index(one.kind), -one.score, one.row

    return sorted(findings, key=order)


def as_rows(findings: Sequence[Finding], images: Images) -> Iterator[Row]:
    """Yield the rows of the table."""
    mark = ANEW if images.fresh else ""
    for kind, row, score, suggestion, other in findings:
        yield Row(
            path=images.paths[row],
            split=NAMES[images.splits[row]] + mark,
            label=images.classes[images.labels[row]],
            finding=kind,
            score=round(score, 6),
            suggestion="" if suggestion < 0 else images.classes[suggestion],
            other="" if other < 0 else images.paths[other],
            decision=images.decided.get(row, ""),
        )
