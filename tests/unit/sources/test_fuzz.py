"""Whatever comes in: a message for the user or a data set, and no file outside."""

import gzip
import io
import stat
import tarfile
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packing import PACKERS, Files, packed, params, plant

from stages.artifacts import raw
from stages.artifacts.raw import Raw
from stages.errors import UserError
from stages.sources import folder, origin, pairs, parquet, table
from stages.sources.store import Store

fuzz = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
WORDS = ["train", "Test", "val", "valid", "ants", "Ants", "bees", "image", "ants_label", "README"]
ENDS = ["1.jpg", "1.png", "1.txt", "2.jpg", "2.TXT", ".DS_Store", "Thumbs.db", "t.csv", "x"]
EVIL = ["..", "/", "C:", "\\", ".", "", "/etc", "..\\..", "a\0b", "__MACOSX", "ä\u0301", "\udcff"]
CONTENT = st.one_of(st.sampled_from([b"", b"ants", b"a\nb", b"\xff\xfe"]), st.binary(max_size=40))
NAMES = st.tuples(st.lists(st.sampled_from(WORDS), max_size=4), st.sampled_from(ENDS)).map(
    lambda parts: "/".join([*parts[0], parts[1]])
)
WILD = st.lists(st.sampled_from(WORDS + EVIL) | st.text(max_size=5), max_size=4).map("/".join)
TREES = st.dictionaries(NAMES, CONTENT, max_size=12)
LAYOUTS: list[Callable[[Store], Raw]] = [
    folder.load,
    pairs.load,
    lambda store: table.load(store, params()),
    lambda store: parquet.load(store, params()),
]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder; what is around it is watched."""
    here = tmp_path / "around" / "home"
    (here / "data").mkdir(parents=True)
    monkeypatch.chdir(here)
    return here


def survives(load: Callable[[], Raw], home: Path) -> None:
    """Load and write a data set; only a message to the user may stop it."""
    around = home.parents[1]
    before = set(around.rglob("*"))
    try:
        raw.write(load(), home / "raw")
    except UserError as error:
        assert str(error)  # noqa: PT017
    new = set(around.rglob("*")) - before
    assert all(path.is_relative_to(home / "raw") for path in new)


def opened(data: bytes, home: Path) -> None:
    """Read an archive in every layout."""
    path = plant(home, {"packed": data}) / "packed"
    for layout in LAYOUTS:

        def load(layout: Callable[[Store], Raw] = layout) -> Raw:
            with origin.opened(params(path=str(path), max_bytes=10**5)) as store:
                found = layout(store)
                splits = {split: list(images) for split, images in found.splits.items()}
                return found._replace(splits=splits)

        survives(load, home)


@fuzz
@given(tree=TREES, layout=st.sampled_from(LAYOUTS))
def test_any_tree(tree: Files, layout: Callable[[Store], Raw], home: Path) -> None:
    survives(lambda: layout(packed(tree)), home)


def members(names: list[str], kinds: list[int]) -> Iterator[tuple[str, int]]:
    yield from zip(names, kinds, strict=False)


@fuzz
@given(names=st.lists(WILD, max_size=5), kinds=st.lists(st.integers(0, 5), min_size=5, max_size=5))
def test_any_names_in_a_zip(names: list[str], kinds: list[int], home: Path) -> None:
    memory = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(memory, "w") as archive:
        warnings.simplefilter("ignore")
        for name, kind in members(names, kinds):
            entry = zipfile.ZipInfo("x")
            entry.filename = name.encode(errors="replace").decode()
            entry.external_attr = (stat.S_IFLNK if kind == 5 else stat.S_IFREG) << 16
            archive.writestr(entry, b"../../evil")
    opened(memory.getvalue(), home)


@fuzz
@given(names=st.lists(WILD, max_size=5), kinds=st.lists(st.integers(0, 9), min_size=5, max_size=5))
def test_any_names_in_a_tar(names: list[str], kinds: list[int], home: Path) -> None:
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w") as archive:
        for name, kind in members(names, kinds):
            entry = tarfile.TarInfo(name.replace("\0", "") if kind % 2 else name)
            entry.type, entry.linkname, entry.size = str(kind % 8).encode(), "../../evil", 4
            archive.addfile(entry, io.BytesIO(b"evil"))
    opened(memory.getvalue(), home)


@fuzz
@given(data=st.data(), kind=st.sampled_from([*PACKERS]), tree=TREES)
def test_any_damage_to_an_archive(data: st.DataObject, kind: str, tree: Files, home: Path) -> None:
    sound = PACKERS[kind](tree)
    changed = bytearray(sound[: data.draw(st.integers(0, len(sound)))] or sound)
    for _ in range(data.draw(st.integers(0, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    opened(bytes(changed), home)


@fuzz
@given(data=st.data(), tree=TREES)
def test_any_damage_to_a_tar_in_sound_gzip(data: st.DataObject, tree: Files, home: Path) -> None:
    changed = bytearray(PACKERS["tar"](tree))
    start = data.draw(st.integers(0, len(changed) // 512 - 1)) * 512
    for _ in range(data.draw(st.integers(1, 4))):
        changed[start + data.draw(st.integers(0, 300))] = data.draw(st.integers(0, 255))
    # With the checksum mended, so that the header is believed.
    changed[start + 148 : start + 156] = b" " * 8
    checksum = b"%06o\0 " % sum(changed[start : start + 512])
    changed[start + 148 : start + 156] = checksum
    opened(gzip.compress(bytes(changed)), home)


@fuzz
@given(data=st.binary(max_size=200), start=st.sampled_from([b"", b"PK\3\4", b"PK\5\6", b"BZh9"]))
def test_any_bytes_as_an_archive(data: bytes, start: bytes, home: Path) -> None:
    opened(start + data, home)


CELL = st.sampled_from(["1.jpg", "../1.jpg", "/etc/passwd", "", "NA", "train"]) | st.text(
    max_size=6
)


@fuzz
@given(rows=st.lists(st.lists(CELL, max_size=4), max_size=6), separator=st.sampled_from(",;\t"))
def test_any_cells_in_a_table(rows: list[list[str]], separator: str, home: Path) -> None:
    text = "\n".join(map(separator.join, [["file", "label", "split"], *rows]))
    files = {"t.csv": text.encode(errors="replace"), "1.jpg": b"1"}
    for column in (None, "split"):
        survives(lambda: table.load(packed(files), params(split_column=column)), home)  # noqa: B023


@fuzz
@given(
    data=st.binary(max_size=200),
    start=st.sampled_from([b"", b"file,label\n", b"file\tlabel\n", b"PAR1"]),
    name=st.sampled_from(["t.csv", "t.tsv", "t.parquet"]),
)
def test_any_bytes_as_a_table(data: bytes, start: bytes, name: str, home: Path) -> None:
    files = {name: start + data, "1.jpg": b"1"}
    survives(lambda: table.load(packed(files), params()), home)
    survives(lambda: parquet.load(packed(files), params()), home)


@fuzz
@given(data=st.data())
def test_any_damage_to_parquet_files(data: st.DataObject, home: Path) -> None:
    images = [raw.Image(bytes([n]) * 9, f"{n}", n % 2) for n in range(5)]
    raw.write(Raw(("a", "b"), {"train": images}, {}), home / "sound")
    changed = bytearray((home / "sound" / "train-00000-of-00001.parquet").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    survives(lambda: parquet.load(packed({"train.parquet": bytes(changed)}), params()), home)
