"""What preprocess saw, in figures for a file and in words for a person."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import numpy as np

from reprise.escaping import printable
from stages.artifacts.inspection import FINDINGS
from stages.artifacts.raw import Published
from stages.artifacts.splits import NAMES, Writer
from stages.errors import UserError
from stages.imaging import oddities
from stages.imaging.assembly import Seen
from stages.imaging.duplicates import Findings

LISTED = 50  # files in one message
FAILED, ODD, SAME = "excluded_files", "odd_files", "duplicates"  # lists in the figures


def refuse(failures: Mapping[str, str]) -> None:
    """Name every image that cannot be decoded, in one report.

    Raises:
        UserError: there is one.
    """
    if failures:
        lines = [f"{printable(path)}: cannot be decoded: {why}" for path, why in failures.items()]
        more = [f"and {len(lines) - LISTED} more"] if len(lines) > LISTED else []
        remedy = "mend them at their source, or set preprocess.on_error: exclude to leave them out"
        raise UserError("\n".join([*lines[:LISTED], *more, f"{len(lines)} images; {remedy}"]))


def summary(published: Published, out: Writer, seen: Seen, found: Findings) -> dict[str, object]:
    """Return images per class and split, sizes seen, excluded files, and duplicates.

    DVC makes a column of every number, and of nothing inside a list: what grows with the classes
    or the files is in lists.
    """
    return {
        "images": {name: out.count(name) for name in NAMES},
        "excluded": len(seen.failures),
        "repeated": found.repeated,
        "leaked": len(found.leaked),
        "contradictory": found.contradictory,
        **oddities.count(seen.remarks.values()),
        "classes": _classes(out, published.classes),
        "sizes": [_sizes(seen.sizes)],
        FAILED: [{"file": path, "reason": why} for path, why in seen.failures.items()],
        ODD: [
            {"file": path, "remark": remark}
            for path, remark in islice(seen.remarks.items(), oddities.LISTED)
        ],
        "shared": [{"splits": pair, "images": count} for pair, count in found.shared.items()],
        SAME: _duplicates(published, found),
    }


def remarks(seen: Seen, found: Findings, dropped: int) -> Iterator[str]:
    """Say in words what somebody should look at."""
    if seen.failures:
        yield f"{len(seen.failures)} images left out: they cannot be decoded{_listed(FAILED)}"
    for pair, count in found.shared.items():
        if count:
            one, other = pair.split("_and_")
            same = f"{count} images of {one} have the same pixels as images of {other}"
            yield f"{same}{_listed(SAME)}"
    if dropped:
        yield f"{dropped} of them dropped from train"
    if found.contradictory:
        yield f"{found.contradictory} times the same pixels bear different labels{_listed(SAME)}"
    for remark, count in sorted(Counter(seen.remarks.values()).items()):
        yield f"{count} images may not be what they should: {remark}{_listed(ODD)}"


def _listed(key: str) -> str:
    return f"; listed in {FINDINGS} as {key}"


def _classes(out: Writer, classes: Sequence[str]) -> list[dict[str, object]]:
    """Count the images of every class in every split."""
    counts = {name: np.bincount(out.labels(name), minlength=len(classes)) for name in NAMES}
    return [
        {"class": label, **{name: int(counts[name][index]) for name in NAMES}}
        for index, label in enumerate(classes)
    ]


def _duplicates(published: Published, found: Findings) -> list[list[str]]:
    """Name the files of the examples, with the split they are in."""
    numbers = {number for group in found.examples for _, number in group}
    names = {number: image.path for number, image in published.images(numbers)}
    return [[f"{split}: {names[number]}" for split, number in group] for group in found.examples]


def _sizes(sizes: Counter[tuple[int, int]]) -> dict[str, object]:
    """Return the extremes of height and width, the commonest size, and how many there are."""
    heights, widths = zip(*sizes, strict=True)
    return {
        "different": len(sizes),
        "commonest": min(sizes, key=lambda size: (-sizes[size], size)),
        "height": [min(heights), max(heights)],
        "width": [min(widths), max(widths)],
    }
