"""Render the content as one HTML file that needs no network and no other file."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from stages.pages.template import environment
from stages.reporting.page.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH
from stages.reporting.page.content import Content
from stages.reporting.page.figures import charts, confused, matrix

HEADLINE = ("accuracy", "ci_low", "ci_high")  # shown on top, not as a card
SHARES = (
    "answered",
    "balanced_accuracy",
    "baseline",
    "ood",
    "set_coverage",
    "top_",
)  # prefixes of scores that are shown in percent
WORDS = {  # of the names of scores, as they are shown
    "auc": "AUC",
    "aurc": "AURC, area under risk and coverage",
    "brier": "Brier score",
    "ece": "calibration error",
    "f1": "F1",
    "kappa": "Cohen's kappa",
    "matthews": "Matthews' correlation",
    "ood": "out of distribution,",
    "roc": "ROC",
}
NOTES = {  # the scores that have a card, in this order
    "loss": "cross-entropy, in nats per image",
    "top_5_accuracy": "the class is among the 5 most probable",
    "balanced_accuracy": "each class weighs the same",
    "macro_f1": "of precision and recall, mean over classes",
    "macro_roc_auc": "0.5 is chance, 1 is perfect",
    "macro_average_precision": "area under precision over recall",
    "matthews": "0 is chance, 1 is perfect",
    "ece": "by how much confidence is off",
}


class ScoreCard(NamedTuple):
    """A score as it is shown."""

    label: str
    value: str
    note: str


def render(content: Content) -> str:
    """Return the page as HTML, pictures, style and script included.

    The templates are the files page.* beside this module.
    """
    pages = environment(Path(__file__).parent)
    return pages.get_template("page.html").render(
        content=content,
        warning=content.baseline.remark(content.scores),
        cards=cards(content.scores),
        others=others(content.scores),
        charts=charts(content),
        matrix=matrix(content),
        confused=confused(content),
        frame={"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": RIGHT}
        | {"top": TOP, "bottom": BOTTOM},
    )


def cards(scores: Mapping[str, float | None]) -> list[ScoreCard]:
    """Return the scores that have a note, in its order."""
    return [
        ScoreCard(label(name), figure(name, scores[name]), note)
        for name, note in NOTES.items()
        if name in scores
    ]


def others(scores: Mapping[str, float | None]) -> list[ScoreCard]:
    """Return all other scores, in the order of their names."""
    rest = sorted(scores.keys() - NOTES.keys() - {*HEADLINE})
    return [ScoreCard(label(name), figure(name, scores[name]), "") for name in rest]


def label(name: str) -> str:
    """Return the name of a score as words."""
    words = " ".join(WORDS.get(word, word) for word in name.split("_"))
    return words[0].upper() + words[1:]


def figure(name: str, value: float | None) -> str:
    """Return a score to three decimals, or in percent; n/a where it is undefined."""
    if value is None:
        return "n/a"
    return f"{value:.1%}" if name.startswith(SHARES) else f"{value:.3f}"
