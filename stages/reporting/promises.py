"""Say in sentences what a rule promises, and what it comes to on a split."""

from collections.abc import Mapping

from reprise.rule import NEVER, Rule

MORE = "lower evaluate.abstain_target, or give val more images"


def sentences(rule: Rule, scores: Mapping[str, float | None], split: str) -> list[str]:
    """Return a sentence or two for each thing that was asked for."""
    seen = "val (to which it was fitted)" if split == "val" else split
    made = [_answers(rule), _answered(rule, scores, seen)]
    made += [_sets(rule, scores, seen), _unfamiliar(rule, scores, seen)]
    return [text for text in made if text]


def _answers(rule: Rule) -> str:
    """Say from which probability on it answers, and why."""
    if rule.abstain == "none":
        return ""
    aim = f"evaluate.abstain_target {rule.abstain_target:g} ({rule.abstain})"
    if rule.threshold >= NEVER:
        return (
            f"Nothing is answered: val shows for no probability that the answers from it on reach "
            f"{aim}; {MORE}."
        )
    if rule.threshold == 0:
        return f"All familiar images are answered, and on val still too few for {aim}; {MORE}."
    kept = {
        "precision": "by the lower end of the 95 % interval of the precision on val",
        "coverage": "by the share of val that is answered",
    }[rule.abstain]
    return f"It answers from a probability of {rule.threshold:g} on, for {aim}, {kept}."


def _answered(rule: Rule, scores: Mapping[str, float | None], split: str) -> str:
    if not rule.abstains():
        return ""
    right = _ranged(scores, "answered_precision")
    of_these = f", and of these answers {right} are right" if right else ""
    return f"On {split} it answers {scores['answered_share']:.1%} of the images{of_these}."


def _sets(rule: Rule, scores: Mapping[str, float | None], split: str) -> str:
    """Say what the conformal sets promise, and what they hold."""
    if rule.conformal_alpha is None:
        return ""
    aim = f"evaluate.conformal_alpha {rule.conformal_alpha:g}"
    if not rule.set_threshold:
        return f"Sets have all classes: val has too few images for {aim}."
    return (
        f"On {split} sets of {scores['mean_set_size']:.3g} classes on average hold the right one "
        f"for {_ranged(scores, 'set_coverage')} of the images, by {aim}."
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
        f"Out of distribution, and not answered, is an energy above {rule.energy_threshold:g}, "
        f"which evaluate.ood_quantile {rule.ood_quantile:g} of val exceed at most: "
        f"{scores['ood_share']:.1%} of {split}."
    )


def _ranged(scores: Mapping[str, float | None], name: str) -> str:
    """Return a share with its 95 % interval in words; an empty text for that of nothing."""
    share, low, high = (scores[f"{name}{end}"] for end in ("", "_low", "_high"))
    return "" if share is None else f"{share:.1%} ({low:.1%} to {high:.1%})"
