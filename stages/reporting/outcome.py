"""Scores of a rule on a split: the share answered, its precision, coverage of the sets."""

from functools import cached_property

from jaxtyping import Bool
from torch import Tensor

from reprise.rule import Rule
from stages.artifacts.report import Report
from stages.deciding import decide
from stages.reporting.abstention import Sight, most_precise
from stages.reporting.metrics import MeanScores
from stages.reporting.promises import Attained, sentences
from stages.scores import interval, probabilities


class RuleOutcome:
    """The decisions about the images of one split."""

    def __init__(self, rule: Rule, seen: Sight, split: str, val: Sight) -> None:
        """Take the logits of one image or more, without test-time augmentation, as in a file.

        Those of val are what the rule was fitted to.
        """
        self.rule, self.seen, self.split, self._val = rule, seen, split, val

    @cached_property
    def scores(self) -> MeanScores:
        """Shares in [0, 1], and a number of classes, of all that was asked for."""
        (logits, labels, divisor), rule, scores = self.seen, self.rule, MeanScores()
        found = decide(logits.double(), probabilities(logits, divisor), rule, divisor)
        if rule.abstains():
            right = (logits.argmax(1) == labels)[found.answered]
            scores |= {"answered_share": _share(found.answered)}
            scores |= _measured("answered_precision", right)
        if rule.set_threshold is not None:
            scores |= _measured("set_coverage", found.sets.gather(1, labels[:, None]).squeeze(1))
            scores |= {"mean_set_size": found.sets.sum(1).double().mean().item()}
        if rule.energy_threshold is not None:
            scores |= {"ood_share": _share(found.ood)}
        return scores

    @property
    def shown(self) -> MeanScores:
        """The scores for a person: without those of no answer at all."""
        return {name: score for name, score in self.scores.items() if score is not None}

    def within(self, report: Report) -> Report:
        """Return the report with these scores, too."""
        return report._replace(scores={**report.scores, **self.scores})

    def sentences(self) -> list[str]:
        """Say what was asked for, and what it comes to."""
        attained = Attained(len(self._val.labels), most_precise(self._val, self.rule))
        return sentences(self.rule, self.scores, self.split, attained)


def _share(chosen: Bool[Tensor, " n"]) -> float:
    return chosen.double().mean().item()


def _measured(name: str, hits: Bool[Tensor, " n"]) -> MeanScores:
    """Return a share with its 95 % interval (Wilson 1927); of nothing, there is none."""
    names = (name, f"{name}_low", f"{name}_high")
    if not len(hits):
        return dict.fromkeys(names)
    values = _share(hits), *interval(int(hits.sum()), len(hits))
    return dict(zip(names, values, strict=True))
