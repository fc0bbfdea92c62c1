"""Check that splits and classifier match each other and params.yaml.

DVC ensures this where it runs the stages; a stage that is run by hand, or on files of another
branch, would otherwise use what was made with other parameters.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from reprise.escaping import printable
from stages import params, sections
from stages.address import public
from stages.artifacts import splits
from stages.artifacts.classifier import PATH, Card
from stages.artifacts.splits import Meta
from stages.errors import UserError
from stages.mistakes import short
from stages.nets.interface import Interface


def check(meta: Meta, card: Card | None = None, path: Path = params.PATH) -> None:
    """Compare the parameters that the splits, and a classifier, were made with to params.yaml.

    Raises:
        UserError: a parameter differs, or the classifier was trained on other splits.
    """
    made, stated = meta.interface, sections.stated(path)
    size = {"image_size": [made.height, made.width]}
    likewise = made.model_dump(mode="json", include={"channels", "resize", "interpolation"})
    ours = stated.get("preprocess", {})
    said = size | likewise | _normalization(made, ours)
    _require_same("preprocess", splits.PATH, said, ours)
    if card is not None:
        learned = card.network.model_dump(mode="json") | card.training
        _require_same("train", PATH, learned, stated.get("train", {}))
        _require_same_images(card, meta)


def _require_same(
    stage: str, made: Path, said: Mapping[str, object], stated: Mapping[str, object]
) -> None:
    """Refuse an artifact made with other values of a stage's parameters than params.yaml has."""
    for key in [key for key in said if key in stated and not _same(said[key], stated[key])]:
        raise UserError(
            f"{made}: was made with {stage}.{key} {_shown(said[key])}, "
            f"params.yaml says {_shown(stated[key])}; run `dvc repro {stage}`"
        )


def _same(one: object, other: object) -> bool:
    """Compare two values; artifacts hold addresses without their secrets."""
    if isinstance(one, str) and isinstance(other, str):
        return public(one) == public(other)
    return one == other


def _shown(value: object) -> str:
    return public(value) if isinstance(value, str) else short(json.dumps(value))


def _normalization(made: Interface, stated: Mapping[str, object]) -> dict[str, object]:
    """Return the parameter normalize, where either side leaves mean and std to the weights."""
    if made.is_open:
        return {"normalize": "weights"}
    return {"normalize": "by numbers"} if stated.get("normalize") == "weights" else {}


def _require_same_images(card: Card, meta: Meta) -> None:
    """Refuse splits whose interface is not that of the classifier, which has a mean of its own."""
    learned, found = card.interface, meta.interface
    if found.is_open:
        found = found.model_copy(update={"mean": learned.mean, "std": learned.std})
    if names := [name for name in Interface.model_fields if _differ(name, learned, found)]:
        pairs = (found, learned), (learned, found)
        told, said = (", ".join(_told(names, *pair)) for pair in pairs)
        raise UserError(
            f"{splits.PATH}: is of {told}, but {PATH} was trained on {said}; run `dvc repro train`"
        )


def _differ(name: str, one: Interface, other: Interface) -> bool:
    return bool(getattr(one, name) != getattr(other, name))


def _told(names: Sequence[str], interface: Interface, other: Interface) -> Iterator[str]:
    """Yield the values of an interface that differ from another's; of the classes the first."""
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
