"""Whether a classifier and the images on which it is tried go together."""

from collections.abc import Iterator

from reprise.escaping import printable
from stages.artifacts.classifier import PATH, Card
from stages.artifacts.splits import PATH as SPLITS
from stages.artifacts.splits import Meta
from stages.errors import UserError
from stages.nets.interface import Interface


def check(card: Card, meta: Meta) -> None:
    """Hold what the classifier says of its images against what the splits say of theirs.

    Raises:
        UserError: they differ in size, channels, classes, resizing or normalisation.
    """
    learned, found = card.interface, meta.interface
    if differing := [name for name in Interface.model_fields if _differ(name, learned, found)]:
        told, said = (
            ", ".join(_told(differing, *pair)) for pair in ((found, learned), (learned, found))
        )
        raise UserError(
            f"{SPLITS}: is of {told}, but {PATH} learned from {said}; run `dvc repro train`"
        )


def _differ(name: str, one: Interface, other: Interface) -> bool:
    return bool(getattr(one, name) != getattr(other, name))


def _told(names: list[str], interface: Interface, other: Interface) -> Iterator[str]:
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
