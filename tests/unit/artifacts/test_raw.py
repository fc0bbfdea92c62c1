import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.artifacts import raw
from stages.artifacts.raw import Image, Raw
from stages.errors import UserError

FILE = "train-00000-of-00001.parquet"
REMEDY = "run `dvc repro download` to make it again"
RAW = Raw(
    ("cat", "dög"),
    {
        "train": [Image(bytes([i, 0, 255]), f"{i}.png", i % 2) for i in range(5)],
        "test": [Image(b"", "empty.png", 1)],
    },
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    raw.write(RAW, tmp_path / "raw")
    return tmp_path / "raw"


def complaint(root: Path) -> str:
    with pytest.raises(UserError) as caught:
        raw.read(root)
    return str(caught.value)


def test_what_was_written_is_read(root: Path) -> None:
    assert raw.read(root) == Raw(RAW.classes, dict(sorted(RAW.splits.items())))


def test_each_split_is_one_file(root: Path) -> None:
    names = {path.name for path in root.iterdir()}
    assert names == {FILE, "test-00000-of-00001.parquet"}


def test_the_same_images_are_the_same_bytes(root: Path, tmp_path: Path) -> None:
    raw.write(RAW, tmp_path / "again")
    for path in root.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_writing_again_leaves_no_file_of_before(root: Path) -> None:
    raw.write(Raw(RAW.classes, {"test": RAW.splits["test"]}), root)
    assert [path.name for path in root.iterdir()] == ["test-00000-of-00001.parquet"]


def test_pandas_opens_it(root: Path) -> None:
    table = pd.read_parquet(root / FILE)
    assert table["label"].tolist() == [0, 1, 0, 1, 0]
    assert table["image"][3] == {"bytes": bytes([3, 0, 255]), "path": "3.png"}


def test_the_schema_describes_the_features_as_hugging_face_does(root: Path) -> None:
    metadata = pq.read_schema(root / FILE).metadata
    assert json.loads(metadata[b"huggingface"]) == {
        "info": {
            "features": {
                "image": {"_type": "Image"},
                "label": {"_type": "ClassLabel", "names": ["cat", "dög"]},
            }
        }
    }


def test_few_images_are_in_memory_at_once(tmp_path: Path) -> None:
    images = [Image(b"x", f"{i}.png", 0) for i in range(raw.ROW_GROUP + 1)]
    raw.write(Raw(("a",), {"train": images}), tmp_path / "raw")
    assert pq.ParquetFile(tmp_path / "raw" / FILE).num_row_groups == 2
    assert raw.read(tmp_path / "raw").splits["train"] == images


@pytest.mark.parametrize("there", [False, True], ids=["no folder", "empty folder"])
def test_nothing_downloaded_is_missing(tmp_path: Path, *, there: bool) -> None:
    root = tmp_path / "raw"
    if there:
        root.mkdir()
    assert complaint(root) == f"{root}: is missing; {REMEDY}"


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(root: Path, share: float) -> None:
    content = (root / FILE).read_bytes()
    (root / FILE).write_bytes(content[: int(share * len(content))])
    message = complaint(root)
    assert message.startswith(f"{root}: cannot be read (")
    assert FILE in message
    assert message.endswith(REMEDY)


@pytest.mark.parametrize("content", [b"garbage", b"PAR1" * 100, b"\0" * 1000])
def test_a_file_that_is_no_parquet_is_refused(root: Path, content: bytes) -> None:
    (root / FILE).write_bytes(content)
    assert complaint(root).startswith(f"{root}: cannot be read (")


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    assert complaint(tmp_path).endswith(REMEDY)


@pytest.mark.parametrize(
    "description",
    [
        None,
        {"pandas": "{}"},
        {"huggingface": "{"},
        {"huggingface": "[1]"},
        {"huggingface": "{}"},
        {"huggingface": '{"info": {"features": {"label": {"names": 3}}}}'},
    ],
)
def test_a_table_without_class_names_is_refused(
    root: Path, description: dict[str, str] | None
) -> None:
    for path in root.iterdir():
        pq.write_table(pq.read_table(path).replace_schema_metadata(description), path)
    assert complaint(root).endswith(REMEDY)


@pytest.mark.parametrize(
    "columns",
    [
        {"image": [b"x"], "label": [0]},
        {"image": [{"bytes": b"x", "path": "x"}]},
        {"image": [{"bytes": b"x"}], "label": [0]},
        {"picture": [{"bytes": b"x", "path": "x"}], "label": [0]},
    ],
    ids=["flat", "no label", "no path", "other name"],
)
def test_a_table_of_other_columns_is_refused(root: Path, columns: dict[str, list[object]]) -> None:
    metadata = pq.read_schema(root / FILE).metadata
    pq.write_table(pa.table(columns).replace_schema_metadata(metadata), root / FILE)
    assert complaint(root).endswith(REMEDY)
