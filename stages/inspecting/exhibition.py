"""Draw what was found as one page: a map of the images, galleries, and a table of the classes."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
from PIL import Image as Picture

from stages.artifacts.numbering import distinct
from stages.artifacts.splits import NAMES, Split
from stages.inspecting import scatter, tally
from stages.inspecting.findings import KINDS, Finding, Kind
from stages.inspecting.held_out import Evidence, Images
from stages.inspecting.scatter import Cloud
from stages.pages.template import SIDE, environment
from stages.pages.titling import by_classes
from stages.pictures import shrunk

SHOWN = 24  # images of a finding at most
MARKED = 40  # images of a finding that are marked on the map at most


class Meaning(NamedTuple):
    """Title and explanation of a kind of finding."""

    title: str
    note: str


MEANINGS: dict[Kind, Meaning] = {
    "contradiction": Meaning(
        "Near-duplicates of different classes",
        "At least one of the two labels is wrong; either image has a row.",
    ),
    "leak": Meaning(
        "Near-duplicates in two splits",
        "Whoever learns from the one has seen the other: the score is too good. Exclude one.",
    ),
    "label": Meaning(
        "Labels in doubt",
        "Networks that had not seen the image would say another class (confident learning).",
    ),
    "duplicate": Meaning(
        "Near-duplicates within a split", "They count twice. Exclude one, or keep both."
    ),
    "outlier": Meaning(
        "Outliers", "To the network they are like no class. Do they belong to these data?"
    ),
    "flat": Meaning("Flat images", "Nearly one level throughout."),
    "dark": Meaning("Dark images", "Hardly anything is above a quarter of the range."),
    "bright": Meaning("Bright images", "Hardly anything is below three quarters of the range."),
    "blurred": Meaning("Blurred images", "Less than a twentieth of the usual sharpness."),
}


class Exhibit(NamedTuple):
    """A finding as it is shown."""

    image: Picture.Image
    split: str
    label: str
    path: str
    line: int  # its row in review.csv, the header being the first; 0: it has none
    score: float
    suggestion: str  # or empty
    other: "Exhibit | None" = None  # the image that it is like

    @property
    def name(self) -> str:
        """Name of the file."""
        return PurePosixPath(self.path).name or self.path


class Section(NamedTuple):
    """The worst findings of a kind."""

    kind: Kind
    meaning: Meaning
    total: int
    exhibits: Sequence[Exhibit]


class Mark(NamedTuple):
    """A finding on the map."""

    x: int
    y: int
    kind: Kind
    text: str
    place: str  # on the page, of its image, or of all findings of its kind


class Shown:
    """All images as they are shown."""

    def __init__(self, images: Images, parts: Sequence[Split], findings: Sequence[Finding]) -> None:
        """Take what is known of the images, their pixels, and the rows of the table."""
        self._lines = {(one.kind, one.row): line for line, one in enumerate(findings, 2)}
        self.images, self._parts = images, parts
        self.names = distinct(images.classes)
        self._starts = np.cumsum([0, *(len(part.labels) for part in parts)])

    def exhibit(self, found: Finding) -> Exhibit:
        """Return a finding with its images."""
        split = int(self.images.splits[found.row])
        pixels = self._parts[split].images[found.row - int(self._starts[split])]
        return Exhibit(
            image=shrunk(pixels, SIDE),
            split=NAMES[split],
            label=self.names[self.images.labels[found.row]],
            path=self.images.paths[found.row],
            line=self._lines.get((found.kind, found.row), 0),
            score=found.score,
            suggestion="" if found.suggestion < 0 else self.names[found.suggestion],
            other=None if found.other < 0 else self.exhibit(Finding(found.kind, found.other, 0)),
        )


def render(
    known: Evidence, parts: Sequence[Split], findings: Sequence[Finding], notes: Sequence[str] = ()
) -> str:
    """Return the page as HTML; its templates are the files exhibition.* beside this module."""
    images, given, features = known
    shown, places = Shown(images, parts, findings), scatter.scaled(scatter.project(features))
    clouds: list[Cloud] = [*scatter.clouds(places, images.labels, shown.names)]
    pages = environment(Path(__file__).parent)
    return pages.get_template("exhibition.html").render(
        title=images.dataset or by_classes(shown.names),
        sizes={name: len(part.labels) for name, part in zip(NAMES, parts, strict=True)},
        given=given,
        notes=notes,
        sections=[*_sections(shown, findings)],
        clouds=clouds,
        marks=[*_marks(shown, findings, places.tolist())],
        frame=(scatter.WIDTH, scatter.HEIGHT),
        kinds=KINDS,
        meanings=MEANINGS,
        classes=tally.by_class(findings, images),
        splits=NAMES,
    )


def _sections(shown: Shown, findings: Sequence[Finding]) -> Iterator[Section]:
    for kind in KINDS:
        own = [*_pairs_once(one for one in findings if one.kind == kind)]
        exhibits = [shown.exhibit(one) for one in own[:SHOWN]]
        yield Section(kind, MEANINGS[kind], len(own), exhibits)


def _pairs_once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield findings without the second of two that are of each other's images."""
    seen = set[tuple[int, int]]()
    for one in findings:
        if (one.other, one.row) not in seen:
            yield one
        seen.add((one.row, one.other))


def _marks(
    shown: Shown, findings: Sequence[Finding], places: Sequence[Sequence[int]]
) -> Iterator[Mark]:
    for kind in KINDS:
        own = [one for one in findings if one.kind == kind]
        for number, one in enumerate(own[:MARKED], 1):
            label = shown.names[shown.images.labels[one.row]]
            x, y = places[one.row]
            place = f"{kind}-{number}" if number <= SHOWN else kind
            yield Mark(x, y, kind, f"{label}: {shown.images.paths[one.row]}", place)
