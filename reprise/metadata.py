"""The metadata of an exported model: one JSON text, under the key `reprise` of the file's own."""

import json
import reprlib
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, get_args

from reprise import rule
from reprise.rule import Rule
from reprise.spec import Channels, InputSpec, Interpolation, Resize

KEY, RULE = "reprise", "rule"  # of the file's metadata; of the JSON
LONGEST = 2**14  # pixels of a side; a picture of that size takes 805 MB
InputFormat = Literal["uint8", "float"]


class Metadata(NamedTuple):
    """Classes, input specification, calibration, licence and version of an exported model."""

    classes: tuple[str, ...]  # [K]
    spec: InputSpec
    temperature: float  # by which the model divides its logits before the softmax
    input: InputFormat  # of the pixels; float is in [0, 1]
    license: str
    version: str  # of the model
    rule: Rule | None = None  # when it answers; an older model always does


def dump(metadata: Metadata) -> str:
    """Return the metadata as JSON, flat but for the rule; equal metadata give equal texts."""
    values = metadata._asdict()
    spec: InputSpec = values.pop("spec")
    fitted: Rule | None = values.pop("rule")
    decision = {} if fitted is None else {RULE: fitted._asdict()}
    return json.dumps({**values, **spec._asdict(), **decision}, sort_keys=True)


def parse(text: str) -> Metadata:
    """Read what `dump` wrote; ignore unknown keys, which a later version may add.

    Raises:
        ValueError: the text is no JSON, a key is missing, or has a value of the wrong kind.
    """
    try:
        values: dict[str, Any] = json.loads(text)
    except RecursionError as error:
        raise ValueError("its JSON is nested too deep") from error
    for key, (fits, expected) in EXPECTED.items():
        if not isinstance(values, dict) or key not in values:
            raise ValueError(f"{key} is missing")
        if not fits(values[key]):
            raise ValueError(f"{key} is {reprlib.repr(values[key])}, expected {expected}")
    spec = InputSpec(*(values[key] for key in InputSpec._fields))
    fitted = rule.parse(values[RULE]) if RULE in values else None
    known = {key: values[key] for key in ("temperature", "input", "license", "version")}
    return Metadata(tuple(values["classes"]), spec, **known, rule=fitted)


def _are_names(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(name, str) for name in value)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _is_side(value: object) -> bool:
    return isinstance(value, int) and _is_positive(value) and value <= LONGEST


def _one_of(choices: object) -> tuple[Callable[[Any], bool], str]:
    """Return the check and the description of the values of a `Literal`."""
    known = get_args(choices)
    # True and 1.0 are equal to 1, and no number of channels.
    kinds = {type(one) for one in known}
    return (
        lambda value: type(value) in kinds and value in known,
        " or ".join(map(str, known)),
    )


EXPECTED = {  # by key: whether a value is valid, and what is expected
    "classes": (_are_names, "a list of names"),
    "height": (_is_side, "pixels"),
    "width": (_is_side, "pixels"),
    "channels": _one_of(Channels),
    "resize": _one_of(Resize),
    "interpolation": _one_of(Interpolation),
    "temperature": (_is_positive, "a number above 0"),
    "input": _one_of(InputFormat),
    "license": (_is_text, "a text"),
    "version": (_is_text, "a text"),
}
