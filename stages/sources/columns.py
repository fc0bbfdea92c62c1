"""Find the columns of image, label and group in Parquet files of the Hugging Face image layout."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pyarrow as pa

from stages.errors import UserError
from stages.sources.reports import excerpt

IMAGES = ("image", "img")  # as the hub's sets call it
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Columns(NamedTuple):
    """Columns of the image, the label and the group, and the names of the classes."""

    image: str
    label: str
    kind: str  # of the labels: number or text
    names: tuple[str, ...] | None  # of the classes, where the schema holds them
    group: str | None = None

    @property
    def read(self) -> frozenset[str]:
        """The names of the columns."""
        group = {self.group} if self.group is not None else set()
        return frozenset({self.image, self.label} | group)


def find(schema: pa.Schema, label: str, told: Mapping[str, Any] = NOTHING) -> Columns:
    """Find the columns by what the schema says of them, else what is told, else their names.

    Raises:
        UserError: there is no column of images, or no column of labels.
    """
    features = _features(schema) or told
    labels = [name for name in _columns_of_type(features, "ClassLabel") if name in schema.names]
    if label not in schema.names and len(labels) != 1:
        raise UserError(
            f"has no column {label}; set download.label_column in params.yaml, "
            f"columns are {_list_columns(schema)}"
        )
    label = label if label in schema.names else labels[0]
    names = _names(features[label].get("names")) if label in labels else None
    return Columns(_image(schema, features), label, _kind(schema, label), names)


def find_group(schema: pa.Schema, group: str | None) -> str | None:
    """Return the column of the groups, if one is wanted.

    Raises:
        UserError: it is not there, or holds neither whole numbers nor text.
    """
    if group is not None:
        if schema.names.count(group) != 1:
            lack = "two columns called" if group in schema.names else "no column"
            raise UserError(
                f"has {lack} {excerpt(group)}; set download.group_column in params.yaml, "
                f"columns are {_list_columns(schema)}"
            )
        _kind(schema, group)
    return group


def _names(names: object) -> tuple[str, ...] | None:
    """Return the names of the classes, which older files number: {"0": "cat"}.

    Raises:
        UserError: their numbers are not 0, 1, ...
    """
    if isinstance(names, dict):
        if {*names} != {*map(str, range(len(names)))}:
            raise UserError(
                f"its schema numbers the classes {', '.join(map(excerpt, list(names)[:5]))}, ..., "
                "expected are 0, 1, ... without a gap; number them so, with the labels"
            )
        names = [names[str(number)] for number in range(len(names))]
    return tuple(map(str, names)) if isinstance(names, list) and names else None


def _list_columns(schema: pa.Schema) -> str:
    return ", ".join(map(excerpt, schema.names))


def _features(schema: pa.Schema) -> dict[str, Any]:
    """Return what `datasets` wrote about the columns."""
    written = (schema.metadata or {}).get(b"huggingface", b"{}")
    try:
        return dict(json.loads(written).get("info", {}).get("features", {}))
    except (AttributeError, TypeError, ValueError, RecursionError) as error:
        raise UserError(
            "its metadata `huggingface` are not as `datasets` writes them "
            f"({excerpt(str(error))}); "
            "write the file again with `datasets`, or without these metadata"
        ) from error


def _columns_of_type(features: Mapping[str, Any], kind: str) -> list[str]:
    return [
        name
        for name, feature in features.items()
        if isinstance(feature, dict) and feature.get("_type") == kind
    ]


def _image(schema: pa.Schema, features: Mapping[str, Any]) -> str:
    for name in (*_columns_of_type(features, "Image"), *IMAGES, *schema.names):
        if name in schema.names and _holds_bytes(schema.field(name).type):
            return str(name)
    raise UserError(
        "has no column of images, as bytes or as a struct of bytes and path; "
        f"columns are {_list_columns(schema)}"
    )


def _holds_bytes(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
        kind = kind.field("bytes").type
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _kind(schema: pa.Schema, label: str) -> str:
    kind = schema.field(label).type
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_integer(kind):
        return "number"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "text"
    raise UserError(f"column {excerpt(label)} must hold whole numbers or text, holds {kind}")
