import json
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from packing import PACKERS, as_zip, params, plant, seen
from pydantic import ValidationError

from stages import download as stage
from stages.artifacts import decided, raw
from stages.artifacts.cleaned import Cleaned
from stages.download import download
from stages.errors import UserError
from stages.sources import digits

LABELS = {"a/1.jpg": "a", "b/2.jpg": "b"}
FOLDER = {"a/1.jpg": b"1", "b/2.jpg": b"2"}
PAIRS = FOLDER | {"a/1.txt": b"a", "b/2.txt": b"b"}
TABLE = FOLDER | {"t.csv": b"file,label\na/1.jpg,a\nb/2.jpg,b\n"}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_digits_need_no_files() -> None:
    with download(params(dataset="digits")) as published:
        assert published == digits.load()


@pytest.mark.parametrize(
    ("dataset", "files"), [("folder", FOLDER), ("pairs", PAIRS), ("table", TABLE)]
)
def test_the_parameter_names_the_layout(dataset: str, files: dict[str, bytes]) -> None:
    plant(Path("data/source"), files)
    with download(params(dataset=dataset)) as published:
        assert seen(published) == {"train": LABELS}


def test_a_table_gives_the_images_groups() -> None:
    plant(Path("data/source"), FOLDER | {"t.csv": b"file,label,who\na/1.jpg,a,x\nb/2.jpg,b,y\n"})
    with download(params(dataset="table", group_column="who")) as published:
        raw.write(published)
    assert raw.read().texts("group").to_pylist() == ["x", "y"]


@pytest.mark.parametrize("dataset", ["folder", "pairs", "digits", "mnist"])
def test_groups_of_a_column_need_columns(dataset: str) -> None:
    with (
        pytest.raises(UserError) as caught,
        download(params(dataset=dataset, group_column="who")),
    ):
        pytest.fail("it must be refused")
    assert str(caught.value) == (
        "params.yaml: download.group_column is for dataset table, parquet or hub, but "
        f"download.dataset is {dataset}; set it to null"
    )


def test_what_was_written_comes_in_again_as_parquet() -> None:
    raw.write(digits.load(), Path("data/source"))
    with download(params(dataset="parquet")) as published:
        assert [*published.splits["train"]] == [*digits.load().splits["train"]]


def test_a_named_set_comes_from_a_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    class Opened:
        def __init__(self, *arguments: object) -> None:
            asked.extend(arguments)

        def __enter__(self) -> raw.Raw:
            return digits.load()

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr("stages.sources.named.open_dataset", Opened)
    chosen = params(dataset="mnist")
    with download(chosen) as published:
        assert published == digits.load()
    assert asked == ["mnist", Path("data/source"), chosen, chosen.max_bytes]


@pytest.mark.parametrize("dataset", ["Digits", "imagenet", "", None, 3])
def test_a_data_set_that_is_not_known_is_refused(dataset: object) -> None:
    with pytest.raises(ValidationError, match="dataset"):
        params(dataset=dataset)


def run(capsys: pytest.CaptureFixture[str], **changed: object) -> str:
    section = json.loads(params(**changed).model_dump_json())
    Path("params.yaml").write_text(json.dumps({"download": section}))  # JSON is YAML
    stage.main()
    return capsys.readouterr().out


def test_what_a_person_decided_is_written_and_read(capsys: pytest.CaptureFixture[str]) -> None:
    tables = ("data/cleaning/a.csv", "data/cleaning/b.csv")
    plant(
        Path(),
        {f"data/source/{n}/{k}.jpg": b"x" for n in "ab" for k in range(3)}
        | {
            tables[0]: b"path,decision\na/0.jpg,exclude\na/1.jpg,b\nb/0.jpg,keep\n",
            tables[1]: b"path,decision\nb/1.jpg,keep\n",
        },
    )
    run(capsys, exclude=tables, relabel=tables)
    assert decided.read().images == (
        ("train", "a/1.jpg", "b", "b"),
        ("train", "b/0.jpg", "b", "keep"),
        ("train", "b/1.jpg", "b", "keep"),
    )
    assert raw.read().cleaned == Cleaned(tables=tables[:1], excluded=1, relabelled=(0,))
    before = [path.read_bytes() for path in Path("data/raw").iterdir()]
    run(capsys, exclude=tables[0], relabel=tables[0])
    assert [path.read_bytes() for path in Path("data/raw").iterdir()] == before
    assert len(decided.read().images) == 2


def test_nothing_decided_leaves_no_word_in_the_images(capsys: pytest.CaptureFixture[str]) -> None:
    plant(Path("data/source"), FOLDER)
    run(capsys)
    (path,) = Path("data/raw").iterdir()
    assert b"cleaning" not in path.read_bytes()
    assert decided.read().images == ()


def test_the_stage_writes_what_came_in(capsys: pytest.CaptureFixture[str]) -> None:
    plant(Path("data/source"), {**FOLDER, "README.md": b"1", "a/.DS_Store": b"1"})
    said = "2 images of 2 classes, 2 files passed over: a/.DS_Store, README.md\n"
    assert run(capsys) == said
    assert raw.read().classes == ("a", "b")
    written = json.loads(Path("metrics/download.json").read_text())
    assert written["counts"][0]["images"] == {"train": 2}
    assert "outside a class folder" in str(written)


def test_the_stage_writes_the_digits(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, dataset="digits") == "1,797 images of 10 classes, 0 files passed over\n"


def test_empty_images_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    plant(Path("data/source"), {**FOLDER, "a/2\n.jpg": b"", "b/3.jpg": b""})
    assert run(capsys).endswith("\nof these, empty: a/2\\n.jpg, b/3.jpg\n")
    assert "b/3.jpg" in Path("metrics/download.json").read_text()


def test_tables_may_be_a_list(capsys: pytest.CaptureFixture[str]) -> None:
    tables = {"train.csv": b"file,label\na/1.jpg,a\n", "test.csv": b"file,label\nb/2.jpg,a\n"}
    plant(Path("data/source"), {**FOLDER, **tables})
    run(capsys, dataset="table", table=("train.csv", "test.csv"))
    assert {split: len(labels) for split, labels in raw.read().labels.items()} == {
        "train": 1,
        "test": 1,
    }


@pytest.mark.parametrize(
    ("dataset", "files"), [("folder", FOLDER), ("pairs", PAIRS), ("table", TABLE)]
)
@pytest.mark.parametrize("place", ["data/source", *PACKERS])
def test_no_source_brings_more_bytes_than_it_may(
    dataset: str, files: dict[str, bytes], place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    large = {**files, "a/1.jpg": b"1" * 60_000, "b/2.jpg": b"2" * 60_000}
    plant(Path("data/source"), large)
    if place in PACKERS:
        plant(Path("data"), {place: PACKERS[place](large)})
        place = f"data/{place}"
    run(capsys, dataset=dataset, path=place, max_bytes=200_000)
    with pytest.raises(UserError, match=r"more than 100,000 bytes; raise download.max_bytes"):
        run(capsys, dataset=dataset, path=place, max_bytes=100_000)


def test_no_part_of_an_address_but_its_place_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    raw.write(digits.load(), Path("made"))
    data = (Path("made") / "train-00000-of-00001.parquet").read_bytes()
    plant(Path("served"), {"train.parquet": data})
    handler = partial(Quiet, directory="served")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        place = f"127.0.0.1:{server.server_port}/train.parquet"
        address = f"http://annabel:s3cr3t@{place}?token=t0ken"
        printed = run(capsys, dataset="parquet", address=address)
        server.shutdown()
    written = printed.encode() + b"".join(
        path.read_bytes() for root in ("data", "metrics") for path in Path(root).rglob("*.*")
    )
    assert not [word for word in (b"annabel", b"s3cr3t", b"t0ken") if word in written]


@pytest.mark.parametrize("kind", PACKERS)
def test_a_folder_and_its_archive_give_the_same_bytes(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {f"{split}/{label}/{n}.jpg": bytes([n]) for split in ("train", "val")
             for label in ("b", "a") for n in range(9)}  # fmt: skip
    plant(Path("data/source"), files)
    plant(Path("data"), {"photos": PACKERS[kind](dict(reversed(files.items())))})
    written = []
    for path in ("data/source", "data/photos"):
        run(capsys, path=path)
        written.append({file.name: file.read_bytes() for file in Path("data/raw").iterdir()})
    assert written[0] == written[1]


def test_an_image_that_cannot_be_read_leaves_the_old_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    plant(Path("data/source"), FOLDER)
    run(capsys)
    damaged = bytearray(as_zip(FOLDER))
    damaged[damaged.index(b"b/2.jpg") + 7] ^= 255
    plant(Path("data"), {"photos": bytes(damaged)})
    before = {file: file.read_bytes() for file in Path("data/raw").iterdir()}
    with pytest.raises(UserError):
        run(capsys, path="data/photos")
    assert {file: file.read_bytes() for file in Path("data/raw").iterdir()} == before
    assert {path.name for path in Path("data").iterdir()} == {
        "decided.json",
        "raw",
        "source",
        "photos",
    }
