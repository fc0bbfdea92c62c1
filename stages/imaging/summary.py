"""Summarise preprocessing: figures for a file, messages for a person, and a contact sheet."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Int64
from pydantic import Field

from reprise.counting import counted
from reprise.escaping import printable
from stages.artifacts.preprocess_metrics import PATH as FINDINGS
from stages.artifacts.splits import NAMES, Writer
from stages.errors import UserError
from stages.imaging import oddities
from stages.imaging.assembly import ImageRecords
from stages.imaging.duplicates import DuplicateReport
from stages.params import Params
from stages.pictures import picture
from stages.vector import Drawing

LISTED = 50  # files in one message
FAILED, ODD, SAME = "excluded_files", "odd_files", "duplicates"  # lists in the figures
CLASSES, EXAMPLES = 20, 10  # rows and columns of the sheet at most
CELL, GAP, MARGIN, PADDING = 64, 4, 140, 8  # pixels: an image, between them, names, around names
LETTERS = 13  # pixels: their height


class Summary(NamedTuple):
    """Figures, messages and contact sheet of the preprocess stage."""

    figures: dict[str, object]
    messages: list[str]  # what somebody should look at
    sheet: str  # training images, as SVG


class Failures(Params):
    """Parameter of what becomes of images that cannot be decoded."""

    on_error: Literal["fail", "exclude"] = Field(
        description="on images that cannot be decoded: name them all and stop, or leave them out"
    )


def refuse_failures(failures: Mapping[str, str], params: Failures) -> None:
    """Name every image that cannot be decoded, in one report, unless they are to be left out.

    Raises:
        UserError: there is one.
    """
    if failures and params.on_error == "fail":
        lines = [f"{printable(path)}: cannot be decoded: {why}" for path, why in failures.items()]
        more = [f"and {len(lines) - LISTED} more"] if len(lines) > LISTED else []
        remedy = "mend them at their source, or set preprocess.on_error: exclude to leave them out"
        last = f"{counted(len(lines), 'image')}; {remedy}"
        raise UserError("\n".join([*lines[:LISTED], *more, last]))


def figures(
    classes: Sequence[str], out: Writer, records: ImageRecords, found: DuplicateReport
) -> dict[str, object]:
    """Return images per class and split, sizes as published, excluded files, and duplicates.

    All is in lists: DVC makes a column of every number that is not.
    """
    return {
        "counts": [_counts(out, records, found)],
        "classes": _count_classes(out, classes),
        "sizes": [_sizes(records.sizes)],
        FAILED: [{"file": path, "reason": why} for path, why in records.failures.items()],
        ODD: [
            {"file": path, "remark": remark}
            for path, remark in islice(records.remarks.items(), oddities.LISTED)
        ],
        "shared": [{"splits": pair, "images": count} for pair, count in found.shared.items()],
        SAME: [[f"{split}: {path}" for split, path in group] for group in found.examples],
    }


def _counts(out: Writer, records: ImageRecords, found: DuplicateReport) -> dict[str, object]:
    return {
        "images": {name: out.count(name) for name in NAMES},
        "excluded": len(records.failures),
        "repeated": found.repeated,
        "leaked": len(found.leaked),
        "contradictory": found.contradictory,
        **oddities.count_by_kind(records.remarks.values()),
    }


def _count_classes(out: Writer, classes: Sequence[str]) -> list[dict[str, object]]:
    """Count the images of every class in every split."""
    counts = {name: np.bincount(out.labels(name), minlength=len(classes)) for name in NAMES}
    return [
        {"class": label, **{name: int(counts[name][index]) for name in NAMES}}
        for index, label in enumerate(classes)
    ]


def _sizes(sizes: Counter[tuple[int, int]]) -> dict[str, object]:
    """Return the extremes of height and width, the commonest size, and how many there are."""
    heights, widths = zip(*sizes, strict=True)
    return {
        "different": len(sizes),
        "commonest": min(sizes, key=lambda size: (-sizes[size], size)),
        "height": [min(heights), max(heights)],
        "width": [min(widths), max(widths)],
    }


def messages(records: ImageRecords, found: DuplicateReport) -> Iterator[str]:
    """Say in words what somebody should look at."""
    if records.failures:
        images = counted(len(records.failures), "image")
        yield f"{images} left out as undecodable{_listed(FAILED)}"
    for pair, count in found.shared.items():
        if count:
            one, other = pair.split("_and_")
            same = counted(count, f"image of {one} has", f"images of {one} have")
            yield f"{same} the same pixels as images of {other}{_listed(SAME)}"
    if records.dropped:
        yield f"{records.dropped} of them dropped from train"
    if found.contradictory:
        times = counted(found.contradictory, "time")
        yield f"{times} the same pixels bear different labels{_listed(SAME)}"
    for remark, count in sorted(Counter(records.remarks.values()).items()):
        odd = counted(count, "image may not be what it", "images may not be what they")
        yield f"{odd} should: {remark}{_listed(ODD)}"


def _listed(key: str) -> str:
    return f"; listed in {FINDINGS} as {key}"


def contact_sheet(out: Writer, classes: Sequence[str], seed: int) -> str:
    """Draw random training images as SVG, a row a class, with its name in front."""
    rows, step = choose_examples(out.labels("train"), seed), CELL + GAP
    sheet = Drawing(MARGIN + EXAMPLES * step, len(rows) * step)
    for line, (label, chosen) in enumerate(rows.items()):
        middle = line * step + (CELL - LETTERS) // 2
        sheet.text(classes[label], (PADDING, middle), (MARGIN - 2 * PADDING, LETTERS), "end")
        for column, pixels in enumerate(out.images("train", chosen)):
            sheet.image(picture(pixels), (MARGIN + column * step, line * step), CELL)
    return str(sheet)


def choose_examples(
    labels: Int64[np.ndarray, " n"], seed: int
) -> dict[int, Int64[np.ndarray, " _"]]:
    """Return rows of random images by class, of the first classes where there are many."""
    rng = np.random.default_rng(seed)
    present = np.unique(labels)[:CLASSES].tolist()
    return {
        label: np.sort(rng.permutation(np.flatnonzero(labels == label))[:EXAMPLES])
        for label in present
    }
