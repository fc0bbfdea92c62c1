"""The same few files in memory, in a folder and in every kind of archive."""

import bz2
import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from stages.artifacts.raw import Raw
from stages.download import Download
from stages.sources.store import Member, Store

Files = Mapping[str, bytes]


def store(*names: str, **files: bytes) -> Store:
    """Return a store in memory; the content of a file without one is its name."""
    return packed({name: name.encode() for name in names} | files)


def packed(files: Files) -> Store:
    """Return a store in memory."""
    return Store("source", [Member(n, len(d), partial(io.BytesIO, d)) for n, d in files.items()])


def plant(root: Path, files: Files) -> Path:
    """Write the files into a folder; a name with a slash at its end is a folder."""
    root.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        path = root / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            path.write_bytes(data)
    return root


def as_zip(files: Files) -> bytes:
    """Pack a zip."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return memory.getvalue()


def as_tar(files: Files) -> bytes:
    """Pack a tar."""
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w") as archive:
        for name, data in files.items():
            header = tarfile.TarInfo(name)
            header.size = len(data)
            header.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
            archive.addfile(header, io.BytesIO(data))
    return memory.getvalue()


def _zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, "zstd", asbytes=True))


PACKERS: dict[str, Callable[[Files], bytes]] = {
    "zip": as_zip,
    "tar": as_tar,
    "tar.gz": lambda files: gzip.compress(as_tar(files)),
    "tar.bz2": lambda files: bz2.compress(as_tar(files)),
    "tar.zst": lambda files: _zstd(as_tar(files)),
}


def params(**changed: Any) -> Download:  # noqa: ANN401
    """Return the section `download`, as it is but for what is changed."""
    section: dict[str, object] = {
        "dataset": "folder",
        "path": "data/source",
        "address": None,
        "sha256": None,
        "max_bytes": 10**6,
        "repository": None,
        "revision": None,
        "subset": None,
        "table": None,
        "file_column": "file",
        "label_column": "label",
        "group_column": None,
        "split_column": None,
        "label_pattern": None,
        "join_table": None,
        "mirror": None,
        "emnist_split": "balanced",
        "exclude": None,
        "relabel": None,
    }
    return Download.model_validate(section | changed)


def seen(raw: Raw) -> dict[str, dict[str, str]]:
    """Return the class of every image, by split and path."""
    return {
        split: {image.path: raw.classes[image.label] for image in images}
        for split, images in raw.splits.items()
    }
