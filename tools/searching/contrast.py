"""Whether the best of a search is better than the default beyond chance."""

from collections.abc import Iterator
from typing import NamedTuple

from reprise.escaping import printable
from stages.artifacts.predictions import Predictions
from stages.errors import UserError
from tools.comparing.fetching import answers
from tools.comparing.paired_test import Difference, Matched, difference, match
from tools.comparing.verdict import LEVEL, verdict
from tools.searching.record import Found


class Comparison(NamedTuple):
    """The best (B) against the default (A), on the images that both classified."""

    split: str  # of these images
    matched: Matched
    found: Difference


def compared(default: Predictions, best: Predictions, split: str = "test") -> Comparison:
    """Compare the predictions of both.

    Raises:
        UserError: they have no image in common.
    """
    matched = match(answers(default), answers(best))
    if not matched.pairs:
        raise UserError(
            f"the best and the default cannot be compared: of {len(best.paths)} images of the one "
            f"and {len(default.paths)} of the other none has the same path and label; parameters "
            "that choose the images are nothing to search"
        )
    return Comparison(split, matched, difference(matched.pairs))


def verdict_lines(comparison: Comparison) -> list[str]:
    """Return what `reprise compare` says of both, for a terminal."""
    said = verdict(comparison.matched, comparison.found)
    return [f"on {comparison.split}, A is the default, B the best:", *said]


def plain(found: Found, comparison: Comparison | None) -> str:
    """Say whether the best is better than the default, or why that cannot be said."""
    if comparison is None:
        return _incomparable(found)
    ours, default = comparison.found.accuracy_b, comparison.found.accuracy_a
    scores = f"accuracy {ours:.4f} against {default:.4f}"
    if comparison.found.p_value >= LEVEL:
        return (
            f"On {comparison.split}, chance alone may explain the difference between the best and "
            f"the default: {scores}."
        )
    side = "better" if ours > default else "worse"
    return (
        f"On {comparison.split}, the best is {side} than the default by more than chance: {scores}."
    )


def warnings(found: Found, comparison: Comparison | None) -> Iterator[str]:
    """Yield what makes the score of the best look too good, and what the comparison leaves out."""
    complete = sum(trial.state == "complete" for trial in found.trials)
    if found.best is not None and complete > 1:
        yield (
            f"{printable(found.aim)} of the best is optimistic: it is the best of {complete} "
            "scores on the same images of val, some of which are luck."
        )
    if comparison is None:
        return
    if comparison.split == "test":
        yield "Images of test chose nothing here, so the comparison on them is fair, if made once."
    else:
        yield (
            f"The comparison, too, is optimistic: it is on {comparison.split}, not on test, "
            "and val chose the best. Set evaluate.split to test."
        )
    yield "Both are one training each; reprise repeat 5 tells how far other seeds move them."


def _incomparable(found: Found) -> str:
    if found.best is None:
        return "No trial is complete, so there is no best."
    if found.default is None:
        return "No trial had params.yaml as it is, so there is nothing to compare with."
    if found.default.number == found.best.number:
        return "No trial is better than params.yaml as it is: the default is the best."
    return "The best or the default has no predictions, so there is nothing to compare."
