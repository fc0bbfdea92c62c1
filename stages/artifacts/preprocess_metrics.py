"""Artifact `metrics/preprocess.json`: what was found in the images, and what became of them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from stages import files

PATH = Path("metrics/preprocess.json")
ODD = ("narrow_range", "transparent", "unused_alpha")  # what looks wrong


class PublishedSizes(NamedTuple):
    """Height and width of the images as they were published, in pixels."""

    different: int  # how many there are
    commonest: tuple[int, int]  # height, width
    height: tuple[int, int]  # least, greatest
    width: tuple[int, int]


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
        )


def _pair(values: list[object]) -> tuple[int, int]:
    first, second = map(str, values)
    return int(first), int(second)
