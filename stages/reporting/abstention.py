"""Fit to val when to answer, with which classes, and which images are unfamiliar.

Probabilities are rounded down and energies up, to millionths, before a threshold is chosen among
them: only integers are compared.
"""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor
from typing import Annotated, NamedTuple

import torch
from jaxtyping import Bool, Float, Int64
from pydantic import Field
from torch import Tensor

from reprise.rule import NEVER, Abstain, Rule
from stages.deciding import decide, energy
from stages.params import Params
from stages.reporting.metrics import require_finite
from stages.scores import interval, probabilities

UNIT = 10**6  # thresholds are multiples of its inverse
Share = Annotated[float, Field(gt=0, lt=1)]


class Abstention(Params):
    """Parameters of what the model may leave open."""

    abstain: Abstain = Field(
        description="leave open what is unsure: answers of a precision, or for a share of images"
    )
    abstain_target: Share = Field(description="that precision or share (abstain)")
    conformal_alpha: Share | None = Field(
        description="share of the sets of classes that may lack the right one; null: off"
    )
    ood_quantile: Share | None = Field(
        description="share of val to take for out of distribution; null: none is"
    )


class Sight(NamedTuple):
    """Logits and labels of the images of a split, without test-time augmentation."""

    logits: Float[Tensor, "n k"]
    labels: Int64[Tensor, " n"]
    temperature: float


def fit(val: Sight, params: Abstention) -> Rule:
    """Return the rule that keeps on val what is asked for, as far as it can be kept.

    Raises:
        UserError: the logits are not all finite.
    """
    require_finite(val.logits.numpy())
    sure = probabilities(val.logits, val.temperature)
    energies = (energy(val.logits.double(), val.temperature) * UNIT).ceil().long()
    most = most_energy(energies, params.ood_quantile)
    known = slice(None) if most is None else energies <= most
    top, right = _floored(sure.amax(1)), sure.argmax(1) == val.labels
    own = _floored(sure.gather(1, val.labels[:, None]).squeeze(1))
    return Rule(
        threshold=_threshold(top[known], right[known], len(top), params),
        set_threshold=least_probability(own, params.conformal_alpha),
        energy_threshold=None if most is None else most / UNIT,
        abstain=params.abstain,
        abstain_target=None if params.abstain == "none" else params.abstain_target,
        conformal_alpha=params.conformal_alpha,
        ood_quantile=params.ood_quantile,
    )


def precise(top: Int64[Tensor, " n"], right: Bool[Tensor, " n"], target: float) -> int | None:
    """Return the least of `top` from which on the answers reach a precision, or None.

    They reach it with the lower end of their 95 % interval (Wilson 1927).
    """
    return next((level for level, low in _lows(top, right) if low >= target), None)


def _lows(top: Int64[Tensor, " n"], right: Bool[Tensor, " n"]) -> Iterator[tuple[int, float]]:
    """Yield each of `top`, ascending, with the lower end for the answers from it on."""
    levels, places = top.unique(return_inverse=True)
    images, hits = (
        torch.zeros(len(levels), dtype=torch.int64).index_add_(0, places, of).flip(0).cumsum(0)
        for of in (torch.ones_like(top), right.long())
    )
    counts = zip(levels.tolist(), hits.flip(0).tolist(), images.flip(0).tolist(), strict=True)
    yield from ((level, interval(*pair)[0]) for level, *pair in counts)


def most_precise(val: Sight, rule: Rule) -> float:
    """Return the precision that val can show: the highest lower end that `precise` compares."""
    sure = probabilities(val.logits, val.temperature)
    answering = rule._replace(threshold=0.0)
    known = decide(val.logits.double(), sure, answering, val.temperature).answered
    top, right = _floored(sure[known].amax(1)), (sure.argmax(1) == val.labels)[known]
    return max((low for _, low in _lows(top, right)), default=0.0)


def covering(top: Int64[Tensor, " n"], images: int, target: float) -> int:
    """Return the greatest of `top` from which on so large a share of all images is answered."""
    needed = ceil(Fraction(str(target)) * images)
    return int(top.sort(descending=True).values[needed - 1]) if needed <= len(top) else 0


def rank(images: int, alpha: float) -> int:
    """Return ceil((n + 1) (1 - alpha)), exactly: beyond n there is no such score.

    The score of that rank among n is no less than that of another image, of the same distribution
    and independent of all that was fitted, in 1 - alpha of the cases or more (Vovk et al. 2005).
    """
    return images + 1 - floor(Fraction(str(alpha)) * (images + 1))


def least_probability(own: Int64[Tensor, " n"], alpha: float | None) -> float | None:
    """Return the least probability of a class of the set, from that of the right class on val.

    The score of split conformal prediction is 1 - probability: of all sets of that coverage, those
    are the smallest on average (Sadinle et al. 2019; Angelopoulos & Bates 2021, section 1). Where
    val has too few images the sets have all classes.
    """
    if alpha is None:
        return None
    place = rank(len(own), alpha)
    return int(own.sort(descending=True).values[place - 1]) / UNIT if place <= len(own) else 0.0


def most_energy(energies: Int64[Tensor, " n"], quantile: float | None) -> int | None:
    """Return the most energy of a familiar image; None where val has too few images to tell."""
    if quantile is None or (place := rank(len(energies), quantile)) > len(energies):
        return None
    return int(energies.sort().values[place - 1])


def _threshold(
    top: Int64[Tensor, " n"], right: Bool[Tensor, " n"], images: int, params: Abstention
) -> float:
    """Return the threshold for familiar images, some of all; NEVER where none keeps a precision."""
    if params.abstain == "none":
        return 0.0
    if params.abstain == "coverage":
        return covering(top, images, params.abstain_target) / UNIT
    found = precise(top, right, params.abstain_target)
    return NEVER if found is None else found / UNIT


def _floored(shares: Float[Tensor, " n"]) -> Int64[Tensor, " n"]:
    return (shares * UNIT).long()
