"""Match decisions to images, and give each image its final label or its exclusion.

Tables may be of several rounds: a later one was made when the labels of an earlier one held, so it
may call an image by either label.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from reprise.escaping import cell
from stages.sources import decisions, spelling
from stages.sources.decision_rows import Ruling
from stages.sources.reports import excerpt, raise_problems
from stages.sources.survey import FoundImage, Survey

LISTED = 20  # classes in a message

Told = Mapping[FoundImage, Mapping[int | None, Ruling]]  # the first row of each label


class Verdict(NamedTuple):
    """The final label of an image, or its exclusion, and the table that decides it."""

    label: int | None  # None: it is left out
    table: str  # that says so


def resolve(
    survey: Survey, made: Sequence[Ruling], classes: Sequence[str]
) -> dict[FoundImage, Verdict]:
    """Return the final label of each image that a row names.

    Raises:
        UserError: a row fits no image, more than one, or no class, or two contradict each other.
    """
    told, problems = _tell(survey, made, classes, {})
    if len({decision.table for decision in made}) > 1:
        told, problems = _tell(survey, made, classes, told)
    problems += [_contradiction([*rows.values()]) for rows in told.values() if len(rows) > 1]
    raise_problems(
        f"{decisions.FOLDER}: rows that do not fit the images; mend them. Classes are "
        f"{some(classes)}; `{spelling.NEW}: name` makes another:",
        problems,
    )
    return {
        image: Verdict(label, row.table)
        for image, rows in told.items()
        for label, row in rows.items()
    }


def some(names: Sequence[str]) -> str:
    """Return the first of some names, in one line."""
    return ", ".join([*map(excerpt, names[:LISTED]), *["..."] * (len(names) > LISTED)])


def _tell(
    survey: Survey, made: Iterable[Ruling], classes: Sequence[str], others: Told
) -> tuple[Told, list[str]]:
    """Return the decisions by image, and a message for each wrong row."""
    numbers = spelling.numbers(classes)
    told, problems = defaultdict[FoundImage, dict[int | None, Ruling]](dict), list[str]()
    for decision in made:
        try:
            found = _find(survey, decision, classes, others)
            renamed = [*_renamed(found, decision, classes, others)]
            label = _wanted(decision, renamed[0] if renamed else found.label, numbers)
            told[found].setdefault(label, decision)
        except ValueError as error:
            problems.append(f"{decision.place}: {decision.path}: {error}")
    return told, problems


def _find(survey: Survey, decision: Ruling, classes: Sequence[str], others: Told) -> FoundImage:
    """Return the image that a row names, by its label or by that of another table.

    Raises:
        ValueError: there is none, or more than one.
    """
    former = {
        classes[image.label]
        for image in survey.named(decision.path)
        if [*_renamed(image, decision, classes, others)]
    }
    found = set[FoundImage]()
    for label in former:
        try:
            found.add(survey.find(decision._replace(former=label)))
        except ValueError:  # what is wrong with the row as it stands is told below
            continue
    try:
        found.add(survey.find(decision))
    except ValueError:
        if not found:
            raise
    if len(found) > 1:
        raise ValueError(
            f"{len(found)} images may be meant, of which one got its label {decision.former} by "
            "another table; write the split that the image was published in into the column split"
        )
    return found.pop()


def _renamed(
    image: FoundImage, decision: Ruling, classes: Sequence[str], others: Told
) -> Iterator[int]:
    """Yield the label of an image that another table gives it, and by which a row calls it."""
    for label, row in others.get(image, {}).items():
        if label is None or label == image.label or row.table == decision.table:
            continue
        if decision.former in {classes[label], cell(classes[label])}:
            yield label


def _wanted(decision: Ruling, now: int, numbers: Mapping[str, int]) -> int | None:
    """Return the label that a decision gives an image, which has the label `now`; None: no image.

    Raises:
        ValueError: there is no such class.
    """
    if decision.keeps:
        return now
    return None if decision.label is None else spelling.find(decision.label, numbers)


def _contradiction(rows: Sequence[Ruling]) -> str:
    """Say which rows want what of the same image."""
    return f"{rows[0].path}: {', '.join(f'{row.place} {row.wish}' for row in rows)}"
