"""Artifact `metrics/preprocess.json`: what was found in the images, and what became of them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from reprise.counting import counted
from stages import files

PATH = Path("metrics/preprocess.json")
ODD = ("narrow_range", "transparent", "unused_alpha")  # what looks wrong


class PublishedSizes(NamedTuple):
    """Height and width of the images as they were published, in pixels."""

    different: int  # how many there are
    commonest: tuple[int, int]  # height, width
    height: tuple[int, int]  # least, greatest
    width: tuple[int, int]


class CutOff(NamedTuple):
    """A split that was not published, and was cut off the images of train, or of all."""

    split: str
    images: int
    parameter: str  # that said how many


class Cutting(NamedTuple):
    """How the splits that were not published came about."""

    published: Sequence[str]  # the splits that were
    images: int  # off which was cut: those of train, or of all splits
    parts: Sequence[CutOff]

    def sentence(self) -> str:
        """Say so, beginning with a small letter; nothing where all splits are published."""
        if not self.parts:
            return ""
        names = [part.split for part in self.parts]
        if {*names} & {*self.published}:
            are = "is" if len(self.published) == 1 else "are"
            why, of = f"the published {' and '.join(self.published)} {are} split anew", ""
        else:
            why = f"{'neither' if len(names) > 1 else 'no'} {' nor '.join(names)} is published"
            of = " of train" * (len(self.published) > 1)
        became = " and ".join(
            f"{part.images:,} became {part.split} ({part.parameter})" for part in self.parts
        )
        return f"{why}: of the {counted(self.images, 'image', 'images')}{of}, {became}"

    def figures(self) -> dict[str, object]:
        """Return what stands in the file."""
        parts = [part._asdict() for part in self.parts]
        return {"cut_off": [{**self._asdict(), "parts": parts}]} if parts else {}


class Findings(NamedTuple):
    """The counts and findings of preprocessing."""

    excluded: int  # files that cannot be decoded
    repeated: int  # images with the pixels of an earlier one
    contradictory: int  # times that the same pixels bear different labels
    odd: Mapping[str, int]  # images that look wrong, by the key of how
    shared: Mapping[str, int]  # images of the first split with pixels of the second, by their pair
    sizes: PublishedSizes
    groups: int  # of images that stay in one split; 0: none were asked for
    largest_group: int  # images
    cutting: Cutting = Cutting((), 0, ())


def write(findings: Mapping[str, object], path: Path = PATH) -> None:
    """Write the figures."""
    files.write_metrics(path, {**findings})


def read(path: Path = PATH) -> Findings:
    """Read what a report tells of them.

    Raises:
        UserError: the file is missing or damaged.
    """
    with files.reading(path, "preprocess"):
        told = json.loads(path.read_text(encoding="utf-8"))
        (counts,), (sizes,), groups = told["counts"], told["sizes"], told.get("groups", [])
        ranges = (_pair(sizes[name]) for name in ("commonest", "height", "width"))
        return Findings(
            excluded=int(counts["excluded"]),
            repeated=int(counts["repeated"]),
            contradictory=int(counts["contradictory"]),
            odd={name: int(counts[name]) for name in ODD},
            shared={pair["splits"]: int(pair["images"]) for pair in told["shared"]},
            sizes=PublishedSizes(int(sizes["different"]), *ranges),
            groups=int(groups[0]["number"]) if groups else 0,
            largest_group=int(groups[0]["largest"]) if groups else 0,
            cutting=_cutting(told.get("cut_off", [])),
        )


def _cutting(told: Sequence[Mapping[str, Any]]) -> Cutting:
    """Return how splits came about; older files do not tell."""
    if not told:
        return Cutting((), 0, ())
    (one,) = told
    parts = [
        CutOff(str(part["split"]), int(part["images"]), str(part["parameter"]))
        for part in one["parts"]
    ]
    return Cutting([*map(str, one["published"])], int(one["images"]), parts)


def _pair(values: list[object]) -> tuple[int, int]:
    first, second = map(str, values)
    return int(first), int(second)
