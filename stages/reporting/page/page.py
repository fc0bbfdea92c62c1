"""Render the content as one HTML file that needs no network and no other file."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup, escape

from reprise.escaping import printable
from stages.pages.template import environment
from stages.reporting.page.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH
from stages.reporting.page.content import Content
from stages.reporting.page.figures import charts, confused, matrix
from stages.reporting.wordings import percent, spaced, three

MARK, DIGITS = 'data-page="@"', 16  # where the page has a checksum of itself, and its length
SECTIONS = {  # and their titles in the navigation
    "scores": "Scores",
    "data": "Data",
    "curves": "Curves",
    "confusion": "Mistakes",
    "classes": "Classes",
    "images": "Where to look",
    "samples": "Images",
    "files": "Exported files",
    "parameters": "Parameters",
}
HEADLINE = ("accuracy", "ci_low", "ci_high")  # shown on top, not as a card
SHARES = (
    "accuracy",
    "answered",
    "balanced_accuracy",
    "baseline",
    "ece",
    "ood",
    "set_coverage",
    "top_",
)  # prefixes of scores that are shown in percent
WORDS = {  # of the names of scores, as they are shown
    "auc": "AUC",
    "aurc": "area under risk and coverage",
    "brier": "Brier score",
    "ece": "calibration error",
    "f1": "F1",
    "kappa": "Cohen's kappa",
    "matthews": "Matthews' correlation",
    "ood": "out of distribution,",
    "roc": "ROC",
}
NOTES = {  # the scores that have a card, in this order
    "loss": "cross-entropy, in nats per image: 0 is perfect",
    "top_5_accuracy": "the class is among the 5 most probable",
    "balanced_accuracy": "mean over classes: each weighs the same",
    "macro_f1": "precision and recall in one, mean over classes",
    "macro_roc_auc": "are images of a class ranked before others? 0.5 is chance, 1 perfect",
    "macro_average_precision": "area under precision over recall, 1 is perfect",
    "matthews": "agreement with the labels: 0 is chance, 1 perfect",
    "ece": "by how much probabilities are off, on average",
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
    pages.filters |= {"percent": lambda share: _kept(percent(share))}
    pages.filters |= {"three": three}
    pages.filters |= {"spaced": lambda sentence: _kept(spaced(sentence))}
    drawn, found = charts(content), confused(content)
    made = pages.get_template("page.html").render(
        content=content,
        sections=_sections(content, drawn=bool(drawn), confusion=bool(content.confusion)),
        count=sum(map(len, content.params.values())),
        warning=content.baseline.remark(content.scores),
        cards=cards(content.scores),
        others=others(content.scores),
        charts=drawn,
        matrix=matrix(content),
        confused=found,
        frame={"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": RIGHT}
        | {"top": TOP, "bottom": BOTTOM},
    )
    # No name can hold the mark: quotes of the data are escaped.
    return made.replace(MARK, MARK.replace("@", sha256(made.encode()).hexdigest()[:DIGITS]), 1)


def fingerprint(page: str) -> str:
    """Return the checksum that a page has of itself."""
    return page.split(MARK.partition("@")[0], 1)[1][:DIGITS]


def _kept(text: str) -> Markup:
    """Return text as HTML in which no number is parted from its percent sign."""
    return escape(printable(text)).replace(" %", Markup("&nbsp;%"))


def _sections(content: Content, *, drawn: bool, confusion: bool) -> dict[str, str]:
    """Return the titles of the sections that the page has, by their places."""
    there = {"curves": drawn, "confusion": confusion}
    there |= {"images": bool(content.galleries), "samples": bool(content.samples)}
    return {place: name for place, name in SECTIONS.items() if there.get(place, True)}


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
    return percent(value) if name.startswith(SHARES) else three(value)
