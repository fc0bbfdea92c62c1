"""Compare the predictions of an exported model with the classifier's."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Float64, Int64
from pydantic import Field
from torch import Tensor

from reprise.escaping import printable
from reprise.rule import Rule
from stages.deciding import Decided, decide, energy
from stages.exporting.inference import ALWAYS, Outputs
from stages.params import Params
from stages.scores import accuracy, interval

NAMED = 5  # images in a message
ROUNDING = 1e-4  # of an energy: float32 has 7 digits
LEAST = -5  # exponent; rounding makes probabilities differ by 1e-7 to 3e-6


class Tolerance(Params):
    """Parameters of how much predictions may differ."""

    tolerance: float = Field(
        gt=0, le=1, description="largest difference of a probability, in every format but int8"
    )
    int8_tolerance: float = Field(
        ge=0,
        le=1,
        description="loss of accuracy allowed to int8, by its 95 % interval; 1 image is always "
        "allowed",
    )


class Truth(NamedTuple):
    """The classifier's predictions for the test split, and the labels."""

    logits: Float[Tensor, "n k"]
    probabilities: Float64[Tensor, "n k"]
    labels: Int64[Tensor, " n"]
    paths: Sequence[str]  # [N], in the source
    rule: Rule = ALWAYS
    temperature: float = 1.0

    def decided(self, said: Outputs | None = None) -> Decided:
        """Return what the rule makes of what a format said, or else the classifier."""
        logits, probabilities = said[:2] if said else self[:2]
        return decide(logits, probabilities, self.rule, self.temperature)


def compare(found: Outputs, truth: Truth) -> dict[str, float]:
    """Return accuracy, share of equal predictions, and a bound of a probability's difference.

    And the share of images of which the same is answered, out of distribution, and in the set.
    """
    same = ~_unlike(found, truth.decided())
    return {
        "same_decisions": same.double().mean().item(),
        "accuracy": accuracy(found.logits, truth.labels),
        "agreement": accuracy(found.logits, truth.logits.argmax(1)),
        "max_probability_difference": bound(_differences(found, truth).max().item()),
    }


def bound(difference: float) -> float:
    """Return the power of ten that is no less; LEAST for all that is rounding, which varies.

    ONNX Runtime chooses its kernels by processor, and has no switch: the last bits of what it
    predicts are not the same everywhere, and this figure is.
    """
    if not math.isfinite(difference):
        return difference
    return 10.0 ** max(LEAST, math.ceil(math.log10(difference))) if difference else 10.0**LEAST


def finite(figures: Mapping[str, float]) -> dict[str, float]:
    """Leave out NaN and infinity, which JSON cannot hold."""
    return {name: value for name, value in figures.items() if math.isfinite(value)}


def judge(name: str, found: Outputs, truth: Truth, params: Tolerance) -> str:
    """Return why a format is too far from the classifier; an empty text if it is near enough."""
    if name == "int8" and found.probabilities.isfinite().all():
        far = _judge_accuracy(name, found, truth, params.int8_tolerance)
    else:
        far = _judge_probabilities(name, found, truth, params.tolerance)
    return far or _judge_decisions(name, found, truth)


def _judge_decisions(name: str, found: Outputs, truth: Truth) -> str:
    """Compare a file's decisions with what its own numbers come to, near an energy or not."""
    most = truth.rule.energy_threshold
    beyond = _unlike(found, truth.decided(found))
    if most is not None:
        room = ROUNDING * max(1.0, abs(most))
        beyond &= (energy(found.logits, truth.temperature) - most).abs() > room
    if not beyond.any():
        return ""
    return (
        f"models/decision.json decides otherwise than {name}, by the probabilities of the latter, "
        f"about {_named(beyond, truth.paths)}"
    )


def _unlike(found: Outputs, other: Decided) -> Bool[Tensor, " n"]:
    """Return of which images another thing was decided."""
    sets = (found.sets != other.sets).any(1)
    return sets | (found.answered != other.answered) | (found.ood != other.ood)


def _judge_probabilities(name: str, found: Outputs, truth: Truth, tolerance: float) -> str:
    """Allow probabilities to differ by rounding."""
    # Not `>`, which is false for NaN.
    far = ~(_differences(found, truth) <= tolerance)
    if not far.any():
        return ""
    return (
        f"export.tolerance is {tolerance}, but {name} gives other probabilities than the "
        f"classifier, by more than that, to {_named(far, truth.paths)}"
    )


def _judge_accuracy(name: str, found: Outputs, truth: Truth, tolerance: float) -> str:
    """Allow predictions to change both ways, as rounding makes them.

    The format is too far if it loses more accuracy than the tolerance for certain: if the whole
    95 % interval is above, and more than one image is lost.
    """
    predicted, expected = found.logits.argmax(1), truth.logits.argmax(1)
    loss = accuracy_loss(expected == truth.labels, predicted == truth.labels)
    if loss.images <= 1 or loss.low <= tolerance:
        return ""
    return (
        f"export.int8_tolerance is {tolerance}, but {name} loses {loss.share:.4f} of accuracy, "
        f"{loss.low:.4f} or more by its 95 % interval; it predicts another class for "
        f"{_named(predicted != expected, truth.paths)}"
    )


def _differences(found: Outputs, truth: Truth) -> Float64[Tensor, " n"]:
    """Return the largest difference of a probability, of every image."""
    return (found.probabilities.double() - truth.probabilities).abs().amax(1)


def _named(chosen: Bool[Tensor, " n"], paths: Sequence[str]) -> str:
    """Count the chosen test images, and name the first, by place in the split and by path."""
    rows = torch.nonzero(chosen).flatten().tolist()
    names = ", ".join(f"{row} ({printable(paths[row])})" for row in rows[:NAMED])
    more = ", ..." if len(rows) > NAMED else ""
    return f"{len(rows):,} of {len(paths):,} test images: {names}{more}"


class AccuracyLoss(NamedTuple):
    """By how much the accuracy of a second network is below that of a first."""

    images: int  # how many more are wrong
    share: float  # of all images, in [-1, 1]
    low: float  # lower end of the 95 % interval of the share


def accuracy_loss(first: Bool[Tensor, " n"], second: Bool[Tensor, " n"]) -> AccuracyLoss:
    """Compare which of the same images are right (Newcombe 1998, Statist. Med. 17, method 10).

    The two are paired: most images are right, or wrong, in both. `phi`, their correlation, makes
    the interval narrower.
    """
    images, either = len(first), int((first ^ second).sum())
    both = int((first & second).sum())
    before, after = int(first.sum()), int(second.sum())
    down = before / images - interval(before, images)[0]
    up = interval(after, images)[1] - after / images
    phi = _phi((both, before - both, after - both, images - both - either))
    width = math.sqrt(max(0.0, down**2 - 2 * phi * down * up + up**2))
    share = (before - after) / images
    return AccuracyLoss(before - after, share, share - width)


def _phi(table: tuple[int, int, int, int]) -> float:
    """Return the correlation, in [-1, 1], of counts right in both, first, second and neither."""
    both, first, second, none = table
    tied: float = both * none - first * second
    if tied > 0:  # Newcombe's correction for continuity
        tied = max(tied - sum(table) / 2, 0)
    margins = (both + first) * (second + none) * (both + second) * (first + none)
    return tied / math.sqrt(margins) if margins else 0.0
