"""Write the model card: data, training, scores, limits, and how to load each format."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reprise.escaping import code, markdown
from reprise.rule import NEVER, Rule
from stages.applicable import applicable, called
from stages.artifacts.classifier import Classifier
from stages.artifacts.exported import Figures
from stages.artifacts.splits import Meta
from stages.exporting.card_data import DataCounts, equal_pixels, files, rare
from stages.exporting.description import Description, spec
from stages.exporting.inference import ALWAYS
from stages.exporting.snippets import PYTHON, TYPES
from stages.scores import interval
from stages.status_line import amount

if TYPE_CHECKING:
    from jinja2 import Template


class Subject(NamedTuple):
    """The classifier, its data and the comparison of its formats: the content of a card."""

    classifier: Classifier
    meta: Meta
    comparison: Mapping[str, Figures]  # by format
    rule: Rule = ALWAYS  # by which the model answers
    data: DataCounts = DataCounts()


def render(subject: Subject, params: Description) -> str:
    """Return the card as Markdown; equal subjects give equal texts."""
    network, card = subject.classifier.network, subject.classifier.card
    grey = card.interface.channels == 1
    values = {**card.network.model_dump(mode="json"), **card.training}
    places = {
        "MODE": "L" if grey else "RGB",
        "PIXELS": ("(255 * {}).round()" if params.input == "float" else "{}").format(
            "pixels[0, ..., 0]" if grey else "pixels[0]"
        ),
    }
    return _template().render(
        params=params,
        spec=spec(card.interface),
        names=card.interface.classes,
        temperature=card.temperature,
        rule=subject.rule,
        never=NEVER,
        weights=sum(weight.numel() for weight in network.parameters()),
        network=called(values),
        training=applicable(values),
        meta=subject.meta,
        data=subject.data,
        equal=[*equal_pixels(subject.meta)],
        rare=rare(card.interface.classes, subject.data.counts.get("train", ())),
        best=best(subject),
        comparison=subject.comparison,
        made={name: each for name, each in subject.comparison.items() if "bytes" in each},
        python={name: _filled(lines, places) for name, lines in PYTHON.items()},
        types=TYPES[params.input],
    )


def best(subject: Subject) -> str:
    """Return accuracy and interval of the first format that was measured; empty: none was."""
    shown = (accuracy(one, subject.meta.counts["test"]) for one in subject.comparison.values())
    return next(filter(None, shown), "")


def _filled(lines: str, places: Mapping[str, str]) -> str:
    """Replace the names of places by what belongs there."""
    for name, text in places.items():
        lines = lines.replace(name, text)
    return lines


def _template() -> "Template":
    """Return the template of the card, with the filters that it uses."""
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415  # only here

    text = Path(__file__).with_name("model_card.md").read_text(encoding="utf-8")
    pages = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)  # noqa: S701  # no HTML
    pages.filters |= {"text": markdown, "code": code, "field": field, "files": files}
    pages.filters |= {"accuracy": accuracy, "failed": failure, "written": json.dumps}
    return pages.from_string(text)


def summary(figures: Figures) -> str:
    """Return one line about how a format compares with the classifier."""
    if reason := failure(figures):
        return reason
    size = amount(int(figures["bytes"]), "B")
    if "untried" in figures:
        return f"not run: {figures['untried']}; {size}"
    found = f"accuracy {figures['accuracy']:.4f}, " if "accuracy" in figures else ""
    return (
        f"{found}{figures['agreement']:.2%} of the predictions agree with the classifier's; {size}"
    )


def failure(figures: Figures) -> str:
    """Return why a format has no files; an empty text if it has."""
    if "unsupported" in figures:
        return f"not made: {figures['unsupported']}"
    return f"not kept: {figures['refused']}" if "refused" in figures else ""


def field(text: str) -> str:
    """Escape code for a cell of a Markdown table."""
    return text.replace("|", "\\|")


def accuracy(figures: Figures, count: int) -> str:
    """Return accuracy and 95 % interval on `count` images; empty where it was not measured."""
    if "accuracy" not in figures:
        return ""
    share = float(figures["accuracy"])
    low, high = interval(round(share * count), count)
    return f"{share:.4f} ({low:.4f} to {high:.4f})"
