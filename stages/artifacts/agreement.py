"""Whether a classifier and the splits on which it is tried go together, and each is as it says."""

from collections.abc import Iterator, Sequence

from reprise.escaping import printable
from stages.artifacts import splits
from stages.artifacts.classifier import PATH, Card
from stages.artifacts.splits import Meta, Split
from stages.errors import UserError
from stages.nets.interface import Interface


def check(card: Card, meta: Meta) -> None:
    """Hold what the classifier says of its images against what the splits say of theirs.

    Raises:
        UserError: they differ in size, channels, classes, resizing or normalisation.
    """
    learned, found = card.interface, meta.interface
    if names := [name for name in Interface.model_fields if _differ(name, learned, found)]:
        pairs = (found, learned), (learned, found)
        told, said = (", ".join(_told(names, *pair)) for pair in pairs)
        raise UserError(
            f"{splits.PATH}: is of {told}, but {PATH} learned from {said}; run `dvc repro train`"
        )


def read(name: str, meta: Meta) -> Split:
    """Map a split into memory whose images and labels are what the splits say they are.

    Raises:
        UserError: it is missing or damaged.
    """
    part, wanted = splits.read(name), meta.interface
    shape = (meta.counts.get(name), wanted.height, wanted.width, wanted.channels)
    _require(name, f"images of shape {shape}", f"{part.images.shape}", part.images.shape == shape)
    if len(part.labels):
        low, high = int(part.labels.min()), int(part.labels.max())
        classes = len(wanted.classes)
        told = f"labels {low} to {high}"
        _require(name, f"labels below {classes}", told, low >= 0 and high < classes)
    return part


def read_paths(name: str, meta: Meta) -> Sequence[str]:
    """Read where the images of a split are in the source: a text each.

    Raises:
        UserError: they are missing or damaged.
    """
    paths, count = splits.read_paths(name), meta.counts.get(name)
    whole = len(paths) == count and all(isinstance(path, str) for path in paths)
    _require(name, f"{count} paths", f"{len(paths)}", whole)
    return paths


def _require(name: str, wanted: str, found: str, holds: bool) -> None:  # noqa: FBT001
    if not holds:
        raise UserError(
            f"{splits.PATH / name}: holds {found}, expected {wanted}, as its meta.json says; run "
            "`dvc repro preprocess` to make it again"
        )


def _differ(name: str, one: Interface, other: Interface) -> bool:
    return bool(getattr(one, name) != getattr(other, name))


def _told(names: Sequence[str], interface: Interface, other: Interface) -> Iterator[str]:
    """Yield what an interface says where another says otherwise; of the classes the first."""
    for name in names:
        value = getattr(interface, name)
        if name != "classes":
            yield f"{name} {value}"
        elif len(value) != len(other.classes):
            yield f"{len(value)} classes"
        else:
            pairs = enumerate(zip(value, other.classes, strict=True))
            place = next(index for index, (one, another) in pairs if one != another)
            yield f"class {place} {printable(value[place])}"
