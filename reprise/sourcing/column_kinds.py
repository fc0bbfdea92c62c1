"""Tell the columns of a Parquet file by type: pictures, names of files, labels."""

from typing import Any

from reprise.escaping import printable


def is_bytes(kind: Any) -> bool:  # noqa: ANN401
    """Return whether a column of this type may hold pictures."""
    from pyarrow import types  # noqa: PLC0415

    kinds = (types.is_binary, types.is_large_binary, types.is_fixed_size_binary)
    return any(is_kind(_plain(kind)) for is_kind in (*kinds, types.is_binary_view))


def is_text(kind: Any) -> bool:  # noqa: ANN401
    """Return whether a column of this type may name files."""
    from pyarrow import types  # noqa: PLC0415

    kinds = (types.is_string, types.is_large_string, types.is_string_view)
    return any(is_kind(_plain(kind)) for is_kind in kinds)


def _plain(kind: Any) -> Any:  # noqa: ANN401
    """Return of a dictionary the type of what it holds: so are columns stored that repeat much."""
    from pyarrow import types  # noqa: PLC0415

    return kind.value_type if types.is_dictionary(kind) else kind


def no_label(column: Any) -> str:  # noqa: ANN401
    """Return why a column has no labels; empty: it may."""
    from pyarrow import types  # noqa: PLC0415

    if not (is_bytes(column.type) or types.is_nested(column.type)):
        return ""
    return (
        f"column {printable(column.name)} is of type {printable(str(column.type))}; expected are "
        "labels (string or integer): --label-column names the column that has them"
    )
