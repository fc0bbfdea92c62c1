"""Compare an exported model's predictions with the classifier's."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Float64, Int64
from pydantic import Field
from torch import Tensor

from reprise.escaping import printable
from stages.exporting.inference import Outputs
from stages.params import Params
from stages.scores import accuracy, interval


class Lost(NamedTuple):
    """By how much the accuracy of a second network is below that of a first."""

    images: int  # that many more are wrong
    share: float  # of all images, in [-1, 1]
    low: float  # of the 95 % interval of the share


def lost(first: Bool[Tensor, " n"], second: Bool[Tensor, " n"]) -> Lost:
    """Compare which of the same images are right (Newcombe 1998, Statist. Med. 17, method 10).

    Most images are right, or wrong, in both, which makes the interval narrower, by `phi`.
    """
    images, either = len(first), int((first ^ second).sum())
    both = int((first & second).sum())
    before, after = int(first.sum()), int(second.sum())
    down = before / images - interval(before, images)[0]
    up = interval(after, images)[1] - after / images
    phi = _phi((both, before - both, after - both, images - both - either))
    width = math.sqrt(max(0.0, down**2 - 2 * phi * down * up + up**2))
    share = (before - after) / images
    return Lost(before - after, share, share - width)


def _phi(table: tuple[int, int, int, int]) -> float:
    """Return how answers go together, in [-1, 1]: right in both, in the first, the second, none."""
    both, first, second, none = table
    tied: float = both * none - first * second
    if tied > 0:  # continuity: few images show little
        tied = max(tied - sum(table) / 2, 0)
    margins = (both + first) * (second + none) * (both + second) * (first + none)
    return tied / math.sqrt(margins) if margins else 0.0


NAMED = 5  # images in a message


class Tolerance(Params):
    """How far a file may be from the classifier."""

    tolerance: float = Field(
        gt=0, le=1, description="largest difference of a probability, in every format but int8"
    )
    int8_tolerance: float = Field(
        ge=0,
        le=1,
        description="accuracy that int8 may lose beyond chance (95 % interval); 1 image always",
    )


class Truth(NamedTuple):
    """What the classifier says of the test split, and what is right."""

    logits: Float[Tensor, "n k"]
    probabilities: Float64[Tensor, "n k"]
    labels: Int64[Tensor, " n"]
    paths: Sequence[str]  # [N], in the source


def compare(found: Outputs, truth: Truth) -> dict[str, float]:
    """Return accuracy, share of equal predictions, and the largest difference of a probability."""
    return {
        "accuracy": accuracy(found.logits, truth.labels),
        "agreement": accuracy(found.logits, truth.logits.argmax(1)),
        "max_probability_difference": differences(found, truth).max().item(),
    }


def finite(figures: Mapping[str, float]) -> dict[str, float]:
    """Leave out what is no number, which JSON has no word for."""
    return {name: value for name, value in figures.items() if math.isfinite(value)}


def differences(found: Outputs, truth: Truth) -> Float64[Tensor, " n"]:
    """Return the largest difference of a probability, of every image."""
    return (found.probabilities.double() - truth.probabilities).abs().amax(1)


def judge(name: str, found: Outputs, truth: Truth, params: Tolerance) -> str:
    """Say why a file is too far from the classifier; nothing if it is near enough.

    int8 rounds, so that some answers change both ways. It is too far if the accuracy that it loses
    is certainly above the tolerance: the whole 95 % interval is, and more than one image.
    """
    if name == "int8" and found.probabilities.isfinite().all():
        answers, were = found.logits.argmax(1), truth.logits.argmax(1)
        less, other = lost(were == truth.labels, answers == truth.labels), answers != were
        near = less.images <= 1 or less.low <= params.int8_tolerance
        limit = f"int8_tolerance is {params.int8_tolerance}"
        how = (
            f"loses {less.share:.4f} of accuracy, {less.low:.4f} or more by its 95 % interval; it "
            "predicts another class for"
        )
    else:
        # Not `>`: nothing is within a distance of what is no number.
        other = ~(differences(found, truth) <= params.tolerance)
        near, limit = not other.any(), f"tolerance is {params.tolerance}"
        how = "gives other probabilities than the classifier, by more than that, to"
    return "" if near else f"export.{limit}, but {name} {how} {_named(other, truth.paths)}"


def _named(chosen: Bool[Tensor, " n"], paths: Sequence[str]) -> str:
    """Count the chosen test images, and name the first, by place in the split and by path."""
    rows = torch.nonzero(chosen).flatten().tolist()
    names = ", ".join(f"{row} ({printable(paths[row])})" for row in rows[:NAMED])
    more = ", ..." if len(rows) > NAMED else ""
    return f"{len(rows):,} of {len(paths):,} test images: {names}{more}"
