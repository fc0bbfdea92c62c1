"""Say of the data what a reader of the scores must know: source, sizes, what is missing."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from reprise.counting import counted
from stages.artifacts.cleaned import CleaningCounts
from stages.artifacts.download_metrics import Received
from stages.artifacts.preprocess_metrics import Cutting, Findings, PublishedSizes
from stages.nets.interface import Interface

ODD = {  # what is said of images that look wrong
    "narrow_range": "use at most a sixteenth of their range",
    "transparent": "are transparent",
    "unused_alpha": "have an alpha channel that hides nothing",
}
RESIZED = {
    "stretch": "stretched to",
    "crop": "cropped and resized to",
    "pad": "padded and resized to",
}


class DataFact(NamedTuple):
    """A line of the table about the data."""

    name: str
    text: str


class Sources(NamedTuple):
    """The metrics of download and preprocess."""

    received: Received
    findings: Findings
    interface: Interface
    cleaned: CleaningCounts | None = None


def facts(sources: Sources, balance: str, duplicates: str) -> list[DataFact]:
    """Return what there is to say, in the order in which the images are handled.

    `balance` and `duplicates` are the sentences of `baseline` on these.
    """
    made = [
        DataFact("data set", sources.received.dataset or "images of your own"),
        DataFact("published as", _published(sources.received.images, sources.findings.cutting)),
        DataFact("sizes", _sizes(sources.findings.sizes, sources.interface)),
        DataFact("left out", " ".join(_left_out(sources)) or "nothing"),
        DataFact("looks odd", _odd(sources.findings)),
        DataFact("equal pixels", duplicates),
        DataFact("groups", _groups(sources.findings)),
        DataFact("balance", balance),
    ]
    return [fact for fact in made if fact.text]


def _published(images: Mapping[str, int], cutting: Cutting) -> str:
    parts = ", ".join(f"{count:,} in {split}" for split, count in images.items())
    how = ", without splits" if [*images] == ["train"] else f": {parts}"
    cut = cutting.sentence()
    return f"{counted(sum(images.values()), 'image', 'images')}{how}{f'; {cut}' if cut else ''}"


def _sizes(sizes: PublishedSizes, interface: Interface) -> str:
    height, width = sizes.commonest
    wanted = interface.height, interface.width
    grey = "greyscale" if interface.channels == 1 else "RGB"
    if sizes.different == 1 and sizes.commonest == wanted:
        return f"all are {width} × {height} pixels, and used so, in {grey}"  # noqa: RUF001
    shown = f"all are {width} × {height} pixels"  # noqa: RUF001
    if sizes.different > 1:
        shown = (
            f"{sizes.different:,} sizes, {sizes.width[0]:,} to {sizes.width[1]:,} pixels wide and "
            f"{sizes.height[0]:,} to {sizes.height[1]:,} high, most often {width} × {height}"  # noqa: RUF001
        )
    how = RESIZED[interface.resize]
    return f"{shown}; {how} {interface.width} × {interface.height}, in {grey}"  # noqa: RUF001


def _left_out(sources: Sources) -> Iterator[str]:
    if sources.cleaned:
        yield sources.cleaned.sentence()
    if lost := sources.findings.excluded:
        yield f"{counted(lost, 'image', 'images')} that cannot be decoded."
    if others := sum(sources.received.passed_over.values()):
        told = counted(others, "file that is no image", "files that are no images")
        yield f"{told} (metrics/download.json)."


def _odd(findings: Findings) -> str:
    told = [f"{count:,} {ODD[kind]}" for kind, count in findings.odd.items() if count]
    return f"{'; '.join(told)} (metrics/preprocess.json names them)" if told else ""


def _groups(findings: Findings) -> str:
    if not findings.groups:
        return ""
    return (
        f"{counted(findings.groups, 'group', 'groups')} whose images stay in one split; the "
        f"largest has {findings.largest_group:,}"
    )
