"""Scores as a reader meets them: a name, a number and what it means."""

from collections.abc import Mapping
from typing import NamedTuple

HEADLINE = ("accuracy", "accuracy_low", "accuracy_high")  # these have a place of their own
SHARES = ("balanced_accuracy", "top_")  # how the names of scores begin that are shown in percent
WORDS = {  # that are written otherwise than in the name of a score
    "auc": "AUC",
    "brier": "Brier score",
    "ece": "calibration error",
    "f1": "F1",
    "kappa": "Cohen's kappa",
    "matthews": "Matthews' correlation",
    "roc": "ROC",
}
NOTES = {  # of the scores that have a card
    "loss": "cross-entropy, in nats per image",
    "top_5_accuracy": "the class is among the 5 most probable",
    "balanced_accuracy": "each class weighs the same",
    "macro_f1": "of precision and recall, mean over classes",
    "macro_roc_auc": "0.5 is chance, 1 is perfect",
    "macro_average_precision": "area under precision over recall",
    "matthews": "0 is chance, 1 is perfect",
    "ece": "by how much confidence is off",
}


class Card(NamedTuple):
    """One number."""

    label: str
    value: str
    note: str


def cards(scores: Mapping[str, float | None]) -> list[Card]:
    """Return the scores that most readers look for, in a fixed order."""
    return [
        Card(label(name), figure(name, scores[name]), note)
        for name, note in NOTES.items()
        if name in scores
    ]


def others(scores: Mapping[str, float | None]) -> list[Card]:
    """Return the scores that have no card, in the order of their names."""
    rest = sorted(scores.keys() - NOTES.keys() - {*HEADLINE})
    return [Card(label(name), figure(name, scores[name]), "") for name in rest]


def label(name: str) -> str:
    """Return the name of a score as words."""
    words = " ".join(WORDS.get(word, word) for word in name.split("_"))
    return words[0].upper() + words[1:]


def figure(name: str, value: float | None) -> str:
    """Return a score to three places, or in percent; None is a score that is undefined."""
    if value is None:
        return "n/a"
    return f"{value:.1%}" if name.startswith(SHARES) else f"{value:.3f}"
