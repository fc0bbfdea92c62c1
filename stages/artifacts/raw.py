"""Artifact `data/raw`: every image as published, still encoded, in a few Parquet files.

One file a published split, in the Hugging Face image layout: columns `image: {bytes, path}` and
`label`, the names of the classes in the schema. pandas, DuckDB, Spark and `datasets` open it.
"""

import json
from collections.abc import Mapping, Sequence
from itertools import starmap
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from stages import files

PATH = Path("data/raw")
ROW_GROUP = 1000  # images held in memory at once


class Image(NamedTuple):
    """One encoded image and its class."""

    data: bytes  # PNG, JPEG, ..., as published
    path: str  # its name in the source
    label: int  # index into the classes


class Raw(NamedTuple):
    """A published data set."""

    classes: tuple[str, ...]  # [K]
    splits: Mapping[str, Sequence[Image]]  # as published: train alone, or with val and test


def write(raw: Raw, root: Path = PATH) -> None:
    """Write `<root>/<split>-00000-of-00001.parquet` for every split."""
    schema = _schema(raw.classes)
    with files.replacing(root) as folder:
        folder.mkdir()
        for split, images in raw.splits.items():
            rows = [{"image": {"bytes": i.data, "path": i.path}, "label": i.label} for i in images]
            table = pa.Table.from_pylist(rows, schema)
            # The images are compressed already.
            pq.write_table(
                table,
                folder / f"{split}-00000-of-00001.parquet",
                row_group_size=ROW_GROUP,
                compression="none",
                use_dictionary=["label"],
            )


def read(root: Path = PATH) -> Raw:
    """Read the data set back.

    Raises:
        UserError: nothing was downloaded, or a file is damaged.
    """
    with files.reading(root, "download"):
        paths = sorted(root.glob("*.parquet"))
        if not paths:
            raise FileNotFoundError
        tables = {path.name.split("-")[0]: pq.read_table(path) for path in paths}
        classes = _classes(next(iter(tables.values())).schema)
        splits = {name: _images(table) for name, table in tables.items()}
    return Raw(classes, splits)


def _schema(classes: tuple[str, ...]) -> pa.Schema:
    features = {
        "image": {"_type": "Image"},
        "label": {"_type": "ClassLabel", "names": list(classes)},
    }
    return pa.schema(
        {"image": pa.struct({"bytes": pa.binary(), "path": pa.string()}), "label": pa.int64()},
        metadata={"huggingface": json.dumps({"info": {"features": features}}, sort_keys=True)},
    )


def _classes(schema: pa.Schema) -> tuple[str, ...]:
    description = json.loads(schema.metadata[b"huggingface"])
    return tuple(description["info"]["features"]["label"]["names"])


def _images(table: pa.Table) -> list[Image]:
    columns = table.flatten()  # the struct's members become columns
    names = ("image.bytes", "image.path", "label")
    return list(starmap(Image, zip(*(columns[name].to_pylist() for name in names), strict=True)))
