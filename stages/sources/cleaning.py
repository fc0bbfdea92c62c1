"""Apply what a person decided: leave images out, and give others another label.

All is checked before the first image is read, by the paths and labels that a source lists.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from reprise.counting import counted
from stages.artifacts.download_metrics import LabelChange
from stages.artifacts.raw import Image, Raw
from stages.errors import UserError
from stages.sources import cleaning_record, decisions, spelling
from stages.sources.decisions import Cleaning, named
from stages.sources.reports import excerpt
from stages.sources.resolving import resolve, some
from stages.sources.survey import FoundImage, Survey

Labels = dict[FoundImage, int | None]  # of the images that rows name; None: left out


def clean(raw: Raw, params: Cleaning) -> tuple[Raw, list[LabelChange]]:
    """Return the data set as the tables have it, and what they change, by label.

    A class that loses all its images is none any more; classes that are made stand last.

    Raises:
        UserError: a table is not understood, a row fits no image, more than one, or no class, two
            rows contradict each other, or no image of a split would be left.
    """
    made = decisions.read(params, raw.classes)
    if not made:
        return raw, []
    classes = spelling.with_new(raw.classes, [d.label for d in made if d.label is not None])
    survey = Survey(raw, {decision.path for decision in made})
    verdicts = resolve(survey, made, classes)
    labels = {image: verdict.label for image, verdict in verdicts.items()}
    kept = _kept(survey.counts, labels, classes)
    changed = {split: _apply(split, images, labels, kept) for split, images in raw.splits.items()}
    cleaned = raw._replace(
        classes=tuple(classes[n] for n in kept),
        splits=changed,
        entries={},
        cleaned=cleaning_record.cleaned(verdicts, changed),
        decided=[*cleaning_record.decided(verdicts, raw, classes)],
    )
    return cleaned, _changes(labels, classes)


def summary(changes: Sequence[LabelChange], lost: Sequence[str], params: Cleaning) -> Iterator[str]:
    """Say in words what a cleaning changed; `lost` are the classes that it left without images."""
    if tables := {*named(params.exclude), *named(params.relabel)}:
        out = sum(change.images for change in changes if not change.now)
        again = sum(change.images for change in changes if change.now)
        told = " and ".join(sorted(tables))
        yield f"{counted(out, 'image')} left out and {again:,} relabelled, by {excerpt(told)}"
    if lost:
        yield f"classes without an image after that, which are none any more: {some(lost)}"


def _kept(counts: Mapping[str, Counter[int]], labels: Labels, classes: Sequence[str]) -> list[int]:
    """Return the numbers of the classes that remain, in their order.

    Raises:
        UserError: a split loses all its images.
    """
    left = {split: Counter(of) for split, of in counts.items()}
    for image, label in labels.items():
        left[image.split][image.label] -= 1
        if label is not None:
            left[image.split][label] += 1
    for split, of in left.items():
        if not of.total():
            raise UserError(
                f"{decisions.FOLDER}: no image of {split} would be left; keep some of them, or "
                "take the split away at the source"
            )
    before, after = (sum(of.values(), Counter[int]()) for of in (counts, left))
    return [n for n in range(len(classes)) if after[n] or not before[n]]


def _apply(
    split: str, images: Iterable[Image], labels: Labels, kept: Sequence[int]
) -> Iterator[Image]:
    """Yield the images of a split that stay, their labels numbered as the classes kept."""
    changed = {image.number: label for image, label in labels.items() if image.split == split}
    numbers = {old: new for new, old in enumerate(kept)}
    for number, image in enumerate(images):
        label = changed.get(number, image.label)
        if label is not None:
            yield image._replace(label=numbers[label])


def _changes(labels: Labels, classes: Sequence[str]) -> list[LabelChange]:
    """Count the images by former and new label, without those that had the label already."""
    moves = Counter((image.label, label) for image, label in labels.items())
    return sorted(
        LabelChange(classes[old], "" if new is None else classes[new], images)
        for (old, new), images in moves.items()
        if old != new
    )
