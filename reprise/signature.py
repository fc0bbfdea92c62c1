"""The input and the outputs of an exported model: their names and sizes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from onnxruntime import InferenceSession

from reprise.escaping import printable
from reprise.metadata import Metadata

IMAGES, PROBABILITIES = "images", "probabilities"  # names of the input and of an output
DECISIONS = ("answered", "sets", "ood")  # of the outputs of a model with a rule
DIGITS = 12  # of the SHA-256 of a file: the version of a model
LONGEST = 300  # letters of names in a message


def outputs(metadata: Metadata) -> list[str]:
    """Return the outputs that the predictor needs; an older model has no rule."""
    return [PROBABILITIES, *(DECISIONS if metadata.rule else ())]


def check(session: InferenceSession, metadata: Metadata) -> None:
    """Compare the input and the outputs of a model with its metadata.

    Raises:
        ValueError: a name or a size differs; a size that the model leaves open does not.
    """
    spec, needed = metadata.spec, outputs(metadata)
    taken = {one.name: one.shape for one in session.get_inputs()}
    given = {one.name: one.shape for one in session.get_outputs()}
    if [*taken] != [IMAGES] or not given.keys() >= {*needed}:
        raise ValueError(
            f"it maps {_names(taken)} to {_names(given)}, expected are {IMAGES} and "
            f"{_names(needed)}"
        )
    found = [*taken[IMAGES][1:], *given[PROBABILITIES][1:]]
    expected = [spec.height, spec.width, spec.channels, len(metadata.classes)]
    pairs = zip(found, expected, strict=False)
    if len(found) != 4 or any(isinstance(one, int) and one != other for one, other in pairs):
        raise ValueError(f"height, width, channels and classes are {found}, expected {expected}")


def describe(metadata: Metadata, name: str, version: str) -> dict[str, Any]:
    """Return what programs and pages are to know of a model, as JSON has it."""
    rule = metadata.rule
    return {
        "name": name,
        "version": version,
        "classes": [*metadata.classes],
        "input": metadata.spec._asdict(),
        "abstains": rule is not None and rule.abstains(),
        "sets": rule is not None and rule.set_threshold is not None,
        "license": metadata.license,
    }


def unusable(classes: Sequence[str]) -> str:
    """Return which name of a class is empty or repeated; an empty text if none is."""
    if any(not name.strip() for name in classes):
        place = next(at for at, name in enumerate(classes, start=1) if not name.strip())
        return f"class {place} of {len(classes)} by an empty text, expected is a name for each"
    name, count = Counter(classes).most_common(1)[0]
    shown = printable(name)[:LONGEST]
    return f"class {shown} {count} times, expected are names that differ" if count > 1 else ""


def _names(found: Iterable[str]) -> str:
    return printable(", ".join(found))[:LONGEST]
