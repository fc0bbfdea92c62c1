"""`reprise repeat --splits` refuses before its runs what they could only find out."""

import json
from pathlib import Path

import pytest

from stages.errors import UserError
from tools.repeating.published import require_unpublished

PARAMS = """
download: {dataset: folder, path: photos.zip, exclude: []}
preprocess: {splits: published, seed: 0}
evaluate: {split: test}
"""
LOCK = """
stages:
  download:
    params:
      params.yaml: {download: {dataset: folder, path: photos.zip, exclude: []}}
      versions.yaml: {numpy: "2"}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository whose images came as train and test."""
    monkeypatch.chdir(tmp_path)
    Path("metrics").mkdir()
    Path("params.yaml").write_text(PARAMS, "utf-8")
    Path("dvc.lock").write_text(LOCK, "utf-8")
    counts = [{"images": {"train": 8, "test": 2}}]
    Path("metrics/download.json").write_text(json.dumps({"counts": counts}), "utf-8")
    return tmp_path


@pytest.mark.parametrize("settings", [[], ["train.lr=0.1"], ["preprocess.splits=published"]])
def test_a_published_split_is_refused_with_the_remedy(settings: list[str]) -> None:
    told = r"^test is published, so all runs .* -S preprocess\.splits=fresh, or leave --splits out"
    with pytest.raises(UserError, match=told):
        require_unpublished(settings)


@pytest.mark.parametrize(
    "setting", ["preprocess.splits=fresh", "params.yaml:evaluate.split=val", "download.path=other"]
)
def test_what_changes_that_is_left_to_the_runs(setting: str) -> None:
    require_unpublished([setting])


@pytest.mark.parametrize("absent", ["dvc.lock", "metrics/download.json"])
def test_what_is_not_known_yet_is_left_to_the_runs(absent: str) -> None:
    Path(absent).unlink()
    require_unpublished([])
