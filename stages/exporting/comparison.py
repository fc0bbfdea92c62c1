"""How an exported model's predictions compare with the classifier's."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Float64, Int64
from pydantic import Field
from torch import Tensor

from reprise.escaping import printable
from stages.errors import UserError
from stages.exporting.inference import Outputs
from stages.params import Params
from stages.scores import accuracy

NAMED = 5  # images in a message


class Tolerance(Params):
    """How far a file may be from the classifier."""

    tolerance: float = Field(
        gt=0, le=1, description="largest difference of a probability, in every format but int8"
    )
    int8_tolerance: float = Field(
        ge=0, le=1, description="accuracy that int8 may lose, as a share of the test split"
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


def differences(found: Outputs, truth: Truth) -> Float64[Tensor, " n"]:
    """Return the largest difference of a probability, of every image."""
    return (found.probabilities.double() - truth.probabilities).abs().amax(1)


def judge(name: str, found: Outputs, truth: Truth, params: Tolerance) -> None:
    """Refuse a file that is too far from the classifier.

    Raises:
        UserError: it is; the images are named.
    """
    if name == "int8":
        lost = accuracy(truth.logits, truth.labels) - accuracy(found.logits, truth.labels)
        other = found.logits.argmax(1) != truth.logits.argmax(1)
        within, limit = lost <= params.int8_tolerance, f"int8_tolerance is {params.int8_tolerance}"
        told = f"loses {lost:.4f} of accuracy; it predicts another class for"
    else:
        # Not `>`: nothing is within a distance of what is no number.
        other = ~(differences(found, truth) <= params.tolerance)
        within, limit = not other.any(), f"tolerance is {params.tolerance}"
        told = "gives other probabilities than the classifier, by more than that, to"
    if not within:
        raise UserError(
            f"export.{limit}, but {name} {told} {_named(other, truth.paths)}; raise it, or leave "
            f"{name} out of export.formats"
        )


def _named(chosen: Bool[Tensor, " n"], paths: Sequence[str]) -> str:
    """Count the chosen test images, and name the first, by place in the split and by path."""
    rows = torch.nonzero(chosen).flatten().tolist()
    names = ", ".join(f"{row} ({printable(paths[row])})" for row in rows[:NAMED])
    more = ", ..." if len(rows) > NAMED else ""
    return f"{len(rows):,} of {len(paths):,} test images: {names}{more}"
