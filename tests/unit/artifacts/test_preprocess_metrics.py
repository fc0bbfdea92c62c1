import json
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.artifacts import preprocess_metrics
from stages.artifacts.preprocess_metrics import Findings, PublishedSizes
from stages.errors import UserError

COUNTS = {
    "contradictory": 1, "excluded": 2, "images": {"train": 9}, "leaked": 3, "narrow_range": 4,
    "repeated": 5, "transparent": 6, "unused_alpha": 7,
}  # fmt: skip
SIZES = {"commonest": [20, 30], "different": 2, "height": [10, 20], "width": [30, 40]}
WRITTEN: dict[str, object] = {
    "counts": [COUNTS],
    "sizes": [SIZES],
    "shared": [{"images": 3, "splits": "train_and_test"}],
}


def test_findings_are_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "found.json"
    preprocess_metrics.write({"images": {"train": 3}, "sizes": [(3, 20)]}, path)
    findings = json.loads(path.read_text("utf-8"))
    assert findings == {"images": {"train": 3}, "sizes": [[3, 20]]}


def test_the_same_findings_are_the_same_bytes(tmp_path: Path) -> None:
    preprocess_metrics.write({"a": 1, "b": 2}, tmp_path / "first")
    preprocess_metrics.write({"b": 2, "a": 1}, tmp_path / "again")
    assert (tmp_path / "first").read_bytes() == (tmp_path / "again").read_bytes()


def test_what_a_report_tells_is_read(tmp_path: Path) -> None:
    preprocess_metrics.write(WRITTEN, tmp_path / "found")
    assert preprocess_metrics.read(tmp_path / "found") == Findings(
        excluded=2,
        repeated=5,
        contradictory=1,
        odd={"narrow_range": 4, "transparent": 6, "unused_alpha": 7},
        shared={"train_and_test": 3},
        sizes=PublishedSizes(2, (20, 30), (10, 20), (30, 40)),
        groups=0,
        largest_group=0,
    )
    groups = [{"number": 8, "largest": 4, "shares": []}]
    preprocess_metrics.write({**WRITTEN, "groups": groups}, tmp_path / "found")
    found = preprocess_metrics.read(tmp_path / "found")
    assert (found.groups, found.largest_group) == (8, 4)


@pytest.mark.parametrize("key", WRITTEN)
def test_figures_that_lack_something_are_said(tmp_path: Path, key: str) -> None:
    path = tmp_path / "found"
    preprocess_metrics.write({name: of for name, of in WRITTEN.items() if name != key}, path)
    with pytest.raises(UserError, match=r"found: cannot be read .*dvc repro preprocess"):
        preprocess_metrics.read(path)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"counts": []}', '{"counts": [1]}'])
def test_figures_that_are_none_are_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "found").write_text(text)
    with pytest.raises(UserError, match="found: cannot be read"):
        preprocess_metrics.read(tmp_path / "found")


@given(st.recursive(st.none() | st.integers() | st.text(max_size=3), st.lists), st.data())
def test_values_of_another_kind_are_said(value: object, data: st.DataObject) -> None:
    found = json.loads(json.dumps(WRITTEN))
    path = data.draw(st.sampled_from(["counts", "sizes", "shared"]))
    row = found[path][0]
    row[data.draw(st.sampled_from(sorted(row)))] = value
    with TemporaryDirectory() as folder:
        place = Path(folder) / "found"
        place.write_text(json.dumps(found), "utf-8")
        with suppress(UserError):
            assert isinstance(preprocess_metrics.read(place), Findings)


def test_missing_figures_are_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is missing; run `dvc repro preprocess`"):
        preprocess_metrics.read(tmp_path / "found")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "metrics").touch()
    with pytest.raises(UserError, match=r"metrics/preprocess.json: cannot be written"):
        preprocess_metrics.write({}, tmp_path / preprocess_metrics.PATH)
