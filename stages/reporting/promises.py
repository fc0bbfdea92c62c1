"""Say in sentences what a rule promises, and what it comes to on a split."""

from collections.abc import Mapping
from typing import NamedTuple

from reprise.rule import NEVER, Rule

MORE = "lower evaluate.abstain_target, or give val more images"


class Attained(NamedTuple):
    """The highest precision or coverage that the images of val can prove."""

    images: int
    precision: float  # the highest lower end of a 95 % interval of the precision


def sentences(
    rule: Rule, scores: Mapping[str, float | None], split: str, val: Attained
) -> list[str]:
    """Return a sentence or two for each thing that was asked for."""
    seen = "val (to which it was fitted)" if split == "val" else split
    made = [_answers(rule, val), _answered(rule, scores, seen)]
    made += [_sets(rule, scores, seen, val.images), _unfamiliar(rule, scores, seen)]
    return [text for text in made if text]


def _answers(rule: Rule, val: Attained) -> str:
    """Say from which probability on it answers, and why."""
    if rule.abstain == "none":
        return ""
    aim = f"evaluate.abstain_target {rule.abstain_target:g} ({rule.abstain})"
    if rule.threshold >= NEVER:
        return (
            f"Nothing is answered: for {aim} the lower end of the 95 % interval of the precision "
            f"counts, and val ({val.images:,} images) shows {val.precision:.2f} at most; {MORE}."
        )
    if rule.threshold == 0:
        return f"All familiar images are answered, and on val still too few for {aim}; {MORE}."
    kept = {
        "precision": "by the lower end of the 95 % interval of the precision on val",
        "coverage": "by the share of val that is answered",
    }[rule.abstain]
    return f"It answers from a probability of {rule.threshold:g} on, for {aim}, {kept}."


def _answered(rule: Rule, scores: Mapping[str, float | None], split: str) -> str:
    if not rule.abstains() or rule.threshold >= NEVER:
        return ""
    right = _ranged(scores, "answered_precision")
    of_these = f", and of these answers {right} are right" if right else ""
    return f"On {split} it answers {scores['answered_share']:.1%} of the images{of_these}."


def _sets(rule: Rule, scores: Mapping[str, float | None], split: str, fitted: int) -> str:
    """Say what the conformal sets promise, what they hold, and whether the promise is kept."""
    if rule.conformal_alpha is None:
        return ""
    aim = f"evaluate.conformal_alpha {rule.conformal_alpha:g}"
    if not rule.set_threshold:
        return f"Sets have all classes: val has too few images for {aim}."
    promised = 1 - rule.conformal_alpha
    found, low, high = (scores[f"set_coverage{end}"] or 0.0 for end in ("", "_low", "_high"))
    return (
        f"Instead of one class it can name a set that holds the right one: promised for "
        f"{100 * promised:.4g}% of the images ({aim}). On {split} the sets, of "
        f"{scores['mean_set_size']:.2f} classes on average, hold it for {found:.1%} "
        f"(95 % interval {low:.1%} to {high:.1%}): {_kept(promised, found, high, fitted)}."
    )


def _kept(promised: float, found: float, high: float, fitted: int) -> str:
    """Say whether a share is what was promised; `high` ends its interval."""
    if found >= promised:
        return "the promise is kept"
    if high >= promised:
        return "a little less, but no more than chance explains"
    return (
        "the promise is missed. Either these images differ from those of val, to which the sets "
        f"were fitted, or {fitted:,} images of val are too few to keep it"
    )


def _unfamiliar(rule: Rule, scores: Mapping[str, float | None], split: str) -> str:
    """Say which images are out of distribution."""
    if rule.ood_quantile is None:
        return ""
    if rule.energy_threshold is None:
        return (
            f"Nothing is out of distribution: evaluate.ood_quantile is {rule.ood_quantile:g}, and "
            "val has too few images to tell so few from others."
        )
    return (
        f"{scores['ood_share']:.1%} of {split} are taken for out of distribution, and not "
        f"answered: their energy is above {rule.energy_threshold:.4g}, as that of at most "
        f"{rule.ood_quantile:.3g} of val is (evaluate.ood_quantile). This finds only some foreign "
        "images: docs/abstaining.md has figures."
    )


def _ranged(scores: Mapping[str, float | None], name: str) -> str:
    """Return a share with its 95 % interval in words; an empty text for that of nothing."""
    share, low, high = (scores[f"{name}{end}"] for end in ("", "_low", "_high"))
    return "" if share is None else f"{share:.1%} ({low:.1%} to {high:.1%})"
