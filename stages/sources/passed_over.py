"""Files that are passed over: counted, and some of them named."""

from collections.abc import Iterator, Mapping, Sequence

from reprise.counting import counted
from stages.artifacts import download_metrics
from stages.artifacts.raw import Raw
from stages.sources.reports import excerpt
from stages.sources.store import EMPTY, Store

EXAMPLES = 50  # files of each kind that are named in the metrics
SHOWN = 10  # names in one line
FEW = 3  # names that the first line has room for


def count_passed_over(
    store: Store, more: Mapping[str, Sequence[str]]
) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Return the number and some names of the files passed over, the store's junk and more."""
    every = {kind: files for kind, files in {**store.junk, **more}.items() if files}
    counts = {kind: len(files) for kind, files in every.items()}
    return counts, {kind: sorted(files)[:EXAMPLES] for kind, files in every.items()}


def summary(images: Mapping[str, int], published: Raw) -> Iterator[str]:
    """Say in words how many images came in, by split, and how many files were passed over."""
    count, passed = sum(images.values()), sum(published.passed_over.values())
    named = [excerpt(name) for kind in published.examples.values() for name in kind]
    few = len(named) == passed <= FEW
    listed = f": {', '.join(named)}" if few else f" ({download_metrics.PATH} lists them)"
    came = f"{counted(count, 'image')} of {counted(len(published.classes), 'class', 'classes')}"
    yield f"{came}, {counted(passed, 'file')} passed over{listed if passed else ''}"
    if empty := published.examples.get(EMPTY):
        yield f"of these, empty: {', '.join(map(excerpt, empty[:SHOWN]))}"
