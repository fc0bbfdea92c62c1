"""Whatever comes in: a message for the user or a data set, and no file outside."""

import csv
import gzip
import io
import json
import os
import shutil
import stat
import struct
import tarfile
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from unicodedata import category, normalize
from zlib import crc32

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packing import PACKERS, Files, packed, params, plant

from stages.artifacts import raw
from stages.artifacts.raw import Raw
from stages.errors import UserError
from stages.sources import folder, origin, pairs, parquet, table
from stages.sources.store import Store

TIMES = int(os.environ.get("FUZZ", "1"))  # more examples, and others, than a short run tries
fuzz = settings(
    max_examples=50 * TIMES,
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


OUTCOMES = Counter[str]()


@pytest.fixture(scope="module", autouse=True)
def _told() -> Iterator[None]:
    """Say at the end what was tried; `pytest -s` shows it."""
    yield
    print(dict(OUTCOMES))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder; what is around it is watched."""
    here = tmp_path / "around" / "home"
    (here / "data").mkdir(parents=True)
    monkeypatch.chdir(here)
    return here


def survives(load: Callable[[], Raw], home: Path) -> None:
    """Load and write a data set of normal names; only printable lines to the user may stop it."""
    around = home.parents[1]
    before = set(around.rglob("*"))
    OUTCOMES["tried"] += 1
    try:
        found = load()
        raw.write(found, home / "raw")
        check_names(found.classes)
        OUTCOMES["data sets"] += 1
    except UserError as error:
        OUTCOMES["refused"] += 1
        assert str(error)  # noqa: PT017
        assert all(line.isprintable() for line in str(error).split("\n"))  # noqa: PT017
    except MemoryError:  # sizes in damaged bytes may be asked for, and are refused
        pass
    new = set(around.rglob("*")) - before
    assert all(path.is_relative_to(home / "raw") for path in new)


def check_names(classes: tuple[str, ...]) -> None:
    """See that names are composed, seen and told apart; an oracle of its own."""
    for name in classes:
        assert name
        assert name == normalize("NFC", name).strip()
        assert not {category(letter) for letter in name} & {"Cc", "Cs", "Zl", "Zp"}
        assert not set(name) & set("\u200b\u200d\ufeff\u00ad\u2060\u3164\ufe0f")
    alike = [" ".join(normalize("NFKC", name).casefold().split()) for name in classes]
    letters = [key for key in alike if len(key) == 1]
    assert len({*alike}) == len(alike) - len(letters) + len({*letters})
    assert len({*classes}) == len(classes)


def opened(data: bytes, home: Path) -> None:
    """Read an archive in every layout."""
    path = plant(home, {"packed": data}) / "packed"
    for layout in LAYOUTS:

        def load(layout: Callable[[Store], Raw] = layout) -> Raw:
            with origin.open_store(params(path=str(path), max_bytes=10**5)) as store:
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


ODD = [
    "caf\u00e9", "cafe\u0301", "cafe", "cafe\u200b", "CAFE", "ants ", " ants", "ants", "\uff21nts",
    "\u3164", " ", "\u200b", "red ant", "red\u00a0ant", "red\u2003 ant", "a\nb", "a\x1b[31mb",
    "\u202eb", "\U0001f469\u200d\U0001f680", "\ufb01sh", "fish", "\u1100\u1161", "\uac00",
    "train", "test tube", "crane", "crane (2)", "Crane", "<script>", "=1+1", "\u00df", "ss",
    "A", "a", "\uff21", "\u0130",
]  # fmt: skip
LABELS = st.sampled_from(ODD) | st.text(max_size=6)
PARTS = st.sampled_from([
    *ODD[:12], "train", "Train_Data", "training_set", "testset", "seg_train", "seg_test", "val2017",
    "dev", "eval", "test_images_train", "fold1", "fold2", "images", "masks", "cats", "dogs", "a",
])  # fmt: skip
LEAVES = st.sampled_from(
    ["1.jpg", "2.jpg", "1.txt", "caf\u00e9.jpg", "cafe\u0301.jpg", "README.md"]
)
SHAPES = st.lists(st.tuples(st.lists(PARTS, max_size=4), LEAVES), max_size=10)


def tree_of(shapes: list[tuple[list[str], str]], labels: list[str]) -> dict[str, bytes]:
    """Return files of these paths; texts hold labels."""
    tree = dict[str, bytes]()
    for number, (folders, leaf) in enumerate(shapes):
        label = labels[number % len(labels)] if labels else ""
        content = label.encode(errors="replace") if leaf.endswith(".txt") else b"image"
        tree["/".join([*folders, leaf])] = content
    # What is a folder can be no file.
    return {name: data for name, data in tree.items() if not any(
        other.startswith(f"{name}/") for other in tree)}  # fmt: skip


@fuzz
@given(shapes=SHAPES, labels=st.lists(LABELS, max_size=4), kind=st.sampled_from(["", *PACKERS]))
def test_any_layout_in_a_folder_and_in_archives(
    shapes: list[tuple[list[str], str]], labels: list[str], kind: str, home: Path
) -> None:
    tree = tree_of(shapes, labels)
    root = home / "data" / "tree"
    shutil.rmtree(root, ignore_errors=True)
    if kind:
        opened(PACKERS[kind](tree), home)
        return
    plant(root, tree)
    for layout in LAYOUTS:

        def load(layout: Callable[[Store], Raw] = layout) -> Raw:
            with origin.open_store(params(path=str(root))) as store:
                found = layout(store)
                return found._replace(splits={s: [*files] for s, files in found.splits.items()})

        survives(load, home)


@fuzz
@given(labels=st.lists(LABELS, min_size=1, max_size=6))
def test_any_labels_in_every_source(labels: list[str], home: Path) -> None:
    tree = dict[str, bytes]()
    rows = io.StringIO()
    writer = csv.writer(rows)
    writer.writerow(["file", "label"])
    for number, label in enumerate(labels):
        tree[f"{number}.jpg"], tree[f"{number}.txt"] = b"image", label.encode(errors="replace")
        writer.writerow([f"{number}.jpg", label.encode(errors="replace").decode()])
    survives(lambda: pairs.load(packed(tree)), home)
    tree["t.csv"] = rows.getvalue().encode()
    survives(lambda: table.load(packed(tree), params()), home)
    names = [label.encode(errors="replace").decode() for label in labels]
    for kind in ("text", "names"):
        data = parquet_of(names, kind)
        survives(lambda: parquet.load(packed({"train.parquet": data}), params()), home)  # noqa: B023


def parquet_of(names: list[str], kind: str) -> bytes:
    """Return a file of images with these labels, as text or as names of the schema."""
    columns = {"image": [b"image"] * len(names), "label": names}
    described = None
    if kind == "names":
        columns["label"] = [*range(len(names))]
        features = {"label": {"_type": "ClassLabel", "names": names}}
        described = {"huggingface": json.dumps({"info": {"features": features}})}
    file = io.BytesIO()
    pq.write_table(pa.table(columns).replace_schema_metadata(described), file)
    return file.getvalue()


@fuzz
@given(
    names=st.lists(st.lists(PARTS | LABELS, min_size=1, max_size=3), min_size=1, max_size=5),
)
def test_any_names_of_parquet_files(names: list[list[str]], home: Path) -> None:
    data = parquet_of(["a", "b"], "text")
    paths = ("/".join(parts).replace("\0", "") for parts in names)
    # As every source gives them: relative, without empty parts.
    files = {f"{str(PurePosixPath('/', path)).strip('/')}.parquet": data for path in paths}
    survives(lambda: parquet.load(packed(files), params()), home)


@fuzz
@given(name=st.binary(min_size=1, max_size=12), flagged=st.booleans(), extra=st.binary(max_size=20))
def test_any_bytes_as_a_name_in_a_zip(
    name: bytes,
    flagged: bool,  # noqa: FBT001
    extra: bytes,
    home: Path,
) -> None:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        entry = zipfile.ZipInfo("x" * len(name))
        entry.extra = struct.pack("<HHBI", 0x7075, 5 + len(extra), 1, crc32(name)) + extra
        archive.writestr(entry, b"image")
    data = memory.getvalue().replace(b"x" * len(name), name)
    if flagged:
        data = data.replace(b"PK\1\2\x14\x03\x14\0\0\0", b"PK\1\2\x14\x03\x14\0\0\x08")
    opened(data, home)
