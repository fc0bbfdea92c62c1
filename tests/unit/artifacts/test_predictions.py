import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.artifacts import predictions
from stages.artifacts.predictions import Predictions
from stages.errors import UserError


def some(images: int, classes: int) -> Predictions:
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(classes), images)
    return Predictions(
        tuple(f"Kläße {number}, äöü" for number in range(classes)),
        [f"test/{number}.png" for number in range(images)],
        rng.integers(0, classes, images),
        probabilities.argmax(1),
        probabilities,
    )


@pytest.mark.parametrize("images", [0, 1, 10])
@pytest.mark.parametrize("group", [1, 9, 2**20])
def test_what_was_written_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, images: int, group: int
) -> None:
    monkeypatch.setattr(predictions, "GROUP", group)
    written = some(images, 3)
    predictions.write(written, tmp_path / "p.parquet")
    for source in (tmp_path / "p.parquet", (tmp_path / "p.parquet").read_bytes()):
        found = predictions.read(source)
        assert (found.classes, found.paths) == (written.classes, written.paths)
        np.testing.assert_array_equal(found.labels, written.labels)
        np.testing.assert_array_equal(found.predicted, written.predicted)
        np.testing.assert_array_equal(found.probabilities, written.probabilities.astype("f4"))


def test_pandas_sees_names_and_probabilities(tmp_path: Path) -> None:
    written = some(5, 3)
    predictions.write(written, tmp_path / "p.parquet")
    table = pd.read_parquet(tmp_path / "p.parquet")
    assert list(table.columns) == [
        "path", "label", "predicted", "label_index", "predicted_index", "probabilities"
    ]  # fmt: skip
    assert table["label_index"].tolist() == written.labels.tolist()
    assert table["label"].tolist() == [written.classes[label] for label in written.labels]
    assert np.stack(table["probabilities"].tolist()).shape == (5, 3)
    metadata = pq.read_schema(tmp_path / "p.parquet").metadata
    assert json.loads(metadata[b"classes"]) == list(written.classes)


def test_many_images_are_several_row_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predictions, "GROUP", 3000)
    predictions.write(some(10, 1000), tmp_path / "p.parquet")
    metadata = pq.ParquetFile(tmp_path / "p.parquet").metadata
    assert [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)] == [3, 3, 3, 1]


def test_the_same_predictions_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        predictions.write(some(50, 7), tmp_path / name / "p.parquet")
    one, two = ((tmp_path / name / "p.parquet").read_bytes() for name in ("one", "two"))
    assert one == two


def test_missing_predictions_say_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is missing; run `dvc repro evaluate`"):
        predictions.read(tmp_path / "p.parquet")


def test_damaged_predictions_say_what_to_run(tmp_path: Path) -> None:
    predictions.write(some(5, 3), tmp_path / "p.parquet")
    content = (tmp_path / "p.parquet").read_bytes()
    for damaged in (b"", content[: len(content) // 2], b"x" * 100):
        with pytest.raises(UserError, match=r"cannot be read .* run `dvc repro evaluate`"):
            predictions.read(damaged)


def test_another_table_is_refused(tmp_path: Path) -> None:
    pd.DataFrame({"path": ["a"]}).to_parquet(tmp_path / "p.parquet")
    with pytest.raises(UserError, match="cannot be read"):
        predictions.read(tmp_path / "p.parquet")


def without_indices(path: Path) -> None:
    """Make of a file what older versions wrote."""
    table = pq.read_table(path)
    pq.write_table(table.drop_columns(["label_index", "predicted_index"]), path)


def of_one_name(classes: tuple[str, ...] = ("crane", "dog", "crane")) -> Predictions:
    return some(20, 3)._replace(classes=classes)


def test_two_classes_of_one_name_are_told_apart(tmp_path: Path) -> None:
    written = of_one_name()
    predictions.write(written, tmp_path / "p.parquet")
    found = predictions.read(tmp_path / "p.parquet")
    np.testing.assert_array_equal(found.labels, written.labels)
    np.testing.assert_array_equal(found.predicted, written.predicted)


def test_an_older_file_is_read_by_its_names(tmp_path: Path) -> None:
    written = some(20, 3)
    predictions.write(written, tmp_path / "p.parquet")
    without_indices(tmp_path / "p.parquet")
    np.testing.assert_array_equal(predictions.read(tmp_path / "p.parquet").labels, written.labels)


def test_an_older_file_with_two_classes_of_one_name_is_refused(tmp_path: Path) -> None:
    predictions.write(of_one_name(), tmp_path / "p.parquet")
    without_indices(tmp_path / "p.parquet")
    with pytest.raises(UserError, match=r"two classes have one name.*`dvc repro evaluate`"):
        predictions.read(tmp_path / "p.parquet")


@pytest.mark.parametrize("index", [-1, 3, 10**6])
def test_an_index_that_is_no_class_is_refused(tmp_path: Path, index: int) -> None:
    predictions.write(some(5, 3), tmp_path / "p.parquet")
    table = pq.read_table(tmp_path / "p.parquet")
    place = table.column_names.index("label_index")
    changed = table.set_column(place, "label_index", pa.array([index] * 5, pa.int32()))
    pq.write_table(changed, tmp_path / "p.parquet")
    with pytest.raises(UserError, match="cannot be read"):
        predictions.read(tmp_path / "p.parquet")


def test_a_class_that_the_metadata_does_not_name_is_refused(tmp_path: Path) -> None:
    predictions.write(some(5, 3), tmp_path / "p.parquet")
    table = pq.read_table(tmp_path / "p.parquet")
    renamed = table.replace_schema_metadata({"classes": '["x", "y", "z"]'})
    pq.write_table(renamed, tmp_path / "p.parquet")
    with pytest.raises(UserError, match="names classes that are not in its metadata"):
        predictions.read(tmp_path / "p.parquet")


def test_columns_of_different_lengths_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="length"):
        predictions.write(some(5, 3)._replace(paths=["a"] * 4), tmp_path / "p.parquet")
    assert not (tmp_path / "p.parquet").exists()
