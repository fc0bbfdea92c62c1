"""Record the changes of a cleaning for reports, and its decisions for the next review."""

from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence

from stages.artifacts.cleaned import Cleaned
from stages.artifacts.decided import DecidedImage
from stages.artifacts.raw import Raw
from stages.sources import spelling
from stages.sources.decision_rows import KEEP
from stages.sources.resolving import Verdict
from stages.sources.survey import FoundImage

Verdicts = Mapping[FoundImage, Verdict]


def cleaned(verdicts: Verdicts, splits: Iterable[str]) -> dict[str, Cleaned]:
    """Return the excluded and relabelled images by split."""
    return {
        split: _cleaned({i: v for i, v in verdicts.items() if i.split == split}) for split in splits
    }


def _cleaned(verdicts: Verdicts) -> Cleaned:
    """Return those of one split; row numbers are counted after the exclusion."""
    changes = {image: v for image, v in verdicts.items() if v.label != image.label}
    gone = sorted(image.number for image, verdict in changes.items() if verdict.label is None)
    again = sorted(image.number for image, verdict in changes.items() if verdict.label is not None)
    return Cleaned(
        tables=tuple(sorted({verdict.table for verdict in changes.values()})),
        excluded=len(gone),
        relabelled=tuple(number - bisect(gone, number) for number in again),
    )


def decided(verdicts: Verdicts, raw: Raw, classes: Sequence[str]) -> Iterator[DecidedImage]:
    """Yield the images that stay, each with its decision; `classes` are those of `raw`, and new."""
    for image, (label, _) in sorted(verdicts.items()):
        if label is None:
            continue
        name = classes[label]
        again = name if name in raw.classes else f"{spelling.NEW}: {name}"
        kept = label == image.label
        yield DecidedImage(image.split, image.path, name, KEEP if kept else again)
