"""What the machine lacks is never said to be wrong with the data."""

import csv
import errno
import os
import tarfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from packing import as_tar, as_zip, packed, params, plant

from reprise.shortage import lacking
from stages import files
from stages.artifacts.raw import Raw
from stages.errors import UserError
from stages.sources import archive, folder, origin, pairs, parquet, table, zips
from stages.sources.fetch import fetch
from stages.sources.retry import with_retries
from stages.sources.store import Member, Store

WANTS: list[Callable[[], Exception]] = [
    MemoryError,
    lambda: RuntimeError("can't start new thread"),
    lambda: OSError(errno.EMFILE, os.strerror(errno.EMFILE)),
    lambda: pa.ArrowMemoryError("malloc of size 1 failed"),
]
every = pytest.mark.parametrize("want", WANTS)


def raising(want: Callable[[], Exception]) -> Callable[..., BinaryIO]:
    def fail(*_: object, **__: object) -> BinaryIO:
        raise want()

    return fail


class Failing(BytesIO):
    def __init__(self, want: Callable[[], Exception]) -> None:
        super().__init__(b"PAR1" * 100)
        self._want = want

    def read(self, _: int | None = -1) -> bytes:
        raise self._want()

    def read1(self, _: int | None = -1) -> bytes:
        raise self._want()

    def readinto(self, _: object) -> int:
        raise self._want()


def lacks(action: Callable[[], object]) -> None:
    """See that an action ends with the want itself, which is told where the stage ends."""
    with pytest.raises((MemoryError, RuntimeError, OSError)) as caught:
        action()
    assert lacking(caught.value)


@every
@pytest.mark.parametrize("load", [folder.load, pairs.load, table.load, parquet.load])
def test_of_a_source(load: Callable[..., Raw], want: Callable[[], Exception]) -> None:
    names = ["a/1.jpg", "a/1.txt", "t.csv", "train.parquet"]
    kept = {folder.load: names[:1], pairs.load: names[:2], table.load: names[2:3]}
    for opened in (raising(want), lambda: Failing(want)):
        members = [Member(name, 9, opened) for name in kept.get(load, names[3:])]
        more = [params()] if load in {table.load, parquet.load} else []

        def read() -> list[object]:
            found = load(Store("source", members), *more)  # noqa: B023
            return [*found.splits["train"]]

        lacks(read)


@every
@pytest.mark.parametrize("pack", [as_zip, as_tar])
def test_of_an_archive(
    pack: Callable[[dict[str, bytes]], bytes],
    want: Callable[[], Exception],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "x").write_bytes(pack({"a/1": b"1"}))
    monkeypatch.setattr(zips, "ZipFile", raising(want))
    monkeypatch.setattr(tarfile, "open", raising(want))
    lacks(lambda: archive.store(tmp_path / "x", "x", archive.Bounds(10**6, tmp_path)))


@every
def test_of_a_table(want: Callable[[], Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv, "reader", raising(want))
    lacks(lambda: table.load(packed({"t.csv": b"file,label\n"}), params()))


@every
def test_of_parquet_columns(want: Callable[[], Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    file = BytesIO()
    pq.write_table(pa.table({"image": [b"1"], "label": ["a"]}), file)
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", raising(want))
    lacks(lambda: parquet.load(packed({"train.parquet": file.getvalue()}), params()))


@every
def test_of_a_folder(
    want: Callable[[], Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "scandir", raising(want))
    lacks(lambda: origin.folder_store(tmp_path))


@every
def test_of_an_archive_that_cannot_be_opened(
    want: Callable[[], Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(plant(tmp_path, {"x": b"PK\3\4"}))
    monkeypatch.setattr(origin, "_open_archive", raising(want))

    def opened() -> None:
        with origin.open_store(params(path="x")):
            pass

    lacks(opened)


@every
def test_of_a_transfer_which_is_not_tried_again(
    want: Callable[[], Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(_: float) -> None:
        pytest.fail("it was tried again")

    monkeypatch.setattr(time, "sleep", wait)
    lacks(lambda: with_retries("https://host/a", raising(want)))  # type: ignore[arg-type]


@every
def test_of_a_place_to_store(
    want: Callable[[], Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "open", raising(want))
    lacks(lambda: fetch("file:///nowhere", tmp_path / "a"))


@every
def test_of_an_artifact(want: Callable[[], Exception]) -> None:
    def read() -> None:
        with files.reading(Path("data/raw"), "download"):
            raise want()

    lacks(read)


@every
def test_of_an_artifact_that_is_written(want: Callable[[], Exception], tmp_path: Path) -> None:
    def write() -> None:
        with files.replacing(tmp_path / "a"):
            raise want()

    lacks(write)
    assert not [*tmp_path.iterdir()]


def test_a_full_disk_stays_a_message_with_the_path(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(as_zip({"a/1": b"1"}))
    full = raising(lambda: OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zips, "ZipFile", full)
        with pytest.raises(UserError, match=r"x: cannot be unpacked .No space left.*free some"):
            archive.store(tmp_path / "x", "x", archive.Bounds(10**6, tmp_path))


def test_a_full_disk_is_no_damaged_file() -> None:
    full = raising(lambda: OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    lacks(lambda: Store("source", [Member("a", 1, full)]).read("a"))
